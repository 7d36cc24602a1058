// What the browser keeps. School computers are shared: the token, the queries and their history
// live in sessionStorage and are gone with the tab. What outlives it: looks (theme, language), and for
// each login that signed in here the device token, which opens nothing.
const SESSION = "gorod:session";
const LANGUAGE = "gorod:language";
const DEVICE = "gorod:device:";
const LOOKS = new Set(["graphiql:theme"]);

const place = (key) => (LOOKS.has(key) ? localStorage : sessionStorage);

const ownKeys = (storage) => Object.keys(storage).filter((key) => key.startsWith("graphiql:"));

/** The storage GraphiQL is given. */
export const graphiqlStorage = {
  getItem: (key) => place(key).getItem(key),
  setItem: (key, value) => place(key).setItem(key, value),
  removeItem: (key) => place(key).removeItem(key),
  clear() {
    for (const storage of [sessionStorage, localStorage]) {
      for (const key of ownKeys(storage)) storage.removeItem(key);
    }
  },
  get length() {
    return ownKeys(sessionStorage).length + ownKeys(localStorage).length;
  },
};

/** A storage for passwords that are being chosen: it is forgotten with the console it is given to. */
export function forgetfulStorage() {
  const kept = new Map();
  const store = (key) => (LOOKS.has(key) ? graphiqlStorage : memory);
  const memory = {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
  return {
    getItem: (key) => store(key).getItem(key),
    setItem: (key, value) => store(key).setItem(key, value),
    removeItem: (key) => store(key).removeItem(key),
    clear: () => kept.clear(),
    get length() {
      return kept.size;
    },
  };
}

/** How many milliseconds the session has left; infinity when the server did not say. */
export function timeLeft({ expiresAt }) {
  const end = Date.parse(expiresAt ?? "");
  return Number.isNaN(end) ? Infinity : end - Date.now();
}

export function loadSession() {
  try {
    const session = JSON.parse(sessionStorage.getItem(SESSION));
    return session?.token && timeLeft(session) > 0 ? session : null;
  } catch {
    return null;
  }
}

export function saveSession(session) {
  if (session) sessionStorage.setItem(SESSION, JSON.stringify(session));
  else sessionStorage.removeItem(SESSION);
}

export function loadLanguage() {
  const stored = localStorage.getItem(LANGUAGE);
  if (stored === "ru" || stored === "en") return stored;
  return navigator.language.toLowerCase().startsWith("ru") ? "ru" : "en";
}

export function saveLanguage(language) {
  localStorage.setItem(LANGUAGE, language);
}

/** The device token of a login; its key does not show who has signed in here. */
export const loadDevice = (login) => localStorage.getItem(DEVICE + hashed(login));

export const saveDevice = (login, token) => localStorage.setItem(DEVICE + hashed(login), token);

/** FNV-1a: short, and there also where a page has no cryptography. */
function hashed(login) {
  let hash = 0x811c9dc5;
  for (const letter of login.toLowerCase()) {
    hash = Math.imul(hash ^ letter.codePointAt(0), 0x01000193) >>> 0;
  }
  return hash.toString(36);
}
