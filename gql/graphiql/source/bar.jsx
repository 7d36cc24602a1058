import { useEffect, useRef, useState } from "react";

import mark from "./mark.svg";
import { config, demoLogins, openDocs } from "./api.js";
import { TEXTS, roleName } from "./texts.js";

/** The sign-in bar: who is asking, and in which language the answers come. */
export function Bar({ session, busy, notice, language, onLanguage, onSignIn, onSwitch, onSignOut, onClose }) {
  const texts = TEXTS[language];
  const [logins, setLogins] = useState([]);
  useEffect(() => {
    demoLogins().then(setLogins);
  }, []);
  return (
    <header className="gorod-bar">
      <div className="gorod-row">
        <div className="gorod-brand">
          <img src={mark} alt="" width="28" height="28" />
          <strong>Gorod</strong>
          <span className="gorod-tagline">{texts.tagline}</span>
          <Docs session={session} texts={texts} />
        </div>
        <div className="gorod-tools">
          {logins.length > 0 && (
            <DemoLogins
              logins={logins}
              current={session?.login}
              busy={busy}
              language={language}
              onSignIn={onSignIn}
            />
          )}
          {session ? (
            <Viewer
              session={session}
              busy={busy}
              language={language}
              onSwitch={onSwitch}
              onSignOut={onSignOut}
            />
          ) : (
            <SignIn busy={busy} texts={texts} onSignIn={onSignIn} />
          )}
          <Language language={language} onLanguage={onLanguage} />
        </div>
      </div>
      {notice && (
        <div className={`gorod-notice gorod-notice-${notice.kind}`} role="alert">
          <span>{notice.text}</span>
          {onClose && (
            <button type="button" aria-label={texts.close} title={texts.close} onClick={onClose}>
              ×
            </button>
          )}
        </div>
      )}
    </header>
  );
}

/** A link to the reference of the schema, which opens for who has signed in. */
function Docs({ session, texts }) {
  const open = (event) => {
    if (!session) return;
    event.preventDefault();
    openDocs(session);
  };
  return (
    <a className="gorod-docs" href={config.docs} target="_blank" rel="noopener" onClick={open}>
      {texts.docs}
    </a>
  );
}

function SignIn({ busy, texts, onSignIn }) {
  const password = useRef(null);
  const submit = async (event) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const signedIn = await onSignIn(form.get("login").trim(), form.get("password"));
    if (!signedIn) password.current?.select();
  };
  return (
    <form className="gorod-sign-in" method="post" onSubmit={submit}>
      <input
        name="login"
        aria-label={texts.login}
        placeholder={texts.login}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck="false"
        required
      />
      <input
        ref={password}
        name="password"
        type="password"
        aria-label={texts.password}
        placeholder={texts.password}
        autoComplete="current-password"
        required
      />
      <button type="submit" className="gorod-button gorod-button-primary" disabled={busy || config.trustedOnly}>
        {busy ? texts.signingIn : texts.signIn}
      </button>
    </form>
  );
}

function DemoLogins({ logins, current, busy, language, onSignIn }) {
  const texts = TEXTS[language];
  const choose = (event) => {
    const chosen = logins[Number(event.target.value)];
    if (chosen) onSignIn(chosen.login, chosen.password, chosen);
  };
  return (
    <select
      className="gorod-demo"
      aria-label={texts.demoLoginsLabel}
      title={texts.demoLoginsLabel}
      value=""
      disabled={busy || config.trustedOnly}
      onChange={choose}
    >
      <option value="" disabled>
        {texts.demoLogins}
      </option>
      {logins.map(({ login, name, role }, index) => (
        <option key={login} value={index} disabled={login === current}>
          {[login, [roleName(role, language), name].filter(Boolean).join(", ")]
            .filter(Boolean)
            .join(" — ")}
        </option>
      ))}
    </select>
  );
}

function Viewer({ session, busy, language, onSwitch, onSignOut }) {
  const role = roleName(session.role, language);
  const name = session.name || session.login;
  const several = session.contexts?.length > 1;
  return (
    <div className="gorod-viewer">
      <span className="gorod-avatar" aria-hidden="true">
        {initials(name)}
      </span>
      <span className="gorod-who" title={session.login}>
        <span className="gorod-name">{name}</span>
        {role && !several && <span className="gorod-role">{role}</span>}
      </span>
      {several && (
        <Contexts
          contexts={session.contexts}
          busy={busy}
          language={language}
          onSwitch={onSwitch}
        />
      )}
      <button type="button" className="gorod-button" onClick={onSignOut}>
        {TEXTS[language].signOut}
      </button>
    </div>
  );
}

/** The roles of a login that has several; a school is named where there are several. */
function Contexts({ contexts, busy, language, onSwitch }) {
  const label = TEXTS[language].contexts;
  const schools = new Set(contexts.map(({ schoolId }) => schoolId));
  return (
    <select
      className="gorod-demo"
      aria-label={label}
      title={label}
      value={contexts.findIndex(({ isCurrent }) => isCurrent)}
      disabled={busy}
      onChange={(event) => onSwitch(contexts[Number(event.target.value)])}
    >
      {contexts.map(({ role, schoolName }, index) => (
        <option key={index} value={index}>
          {[roleName(role, language), schools.size > 1 && schoolName].filter(Boolean).join(", ")}
        </option>
      ))}
    </select>
  );
}

function Language({ language, onLanguage }) {
  const label = TEXTS[language].language;
  return (
    <div className="gorod-language" role="group" aria-label={label} title={label}>
      {["ru", "en"].map((each) => (
        <button
          key={each}
          type="button"
          lang={each}
          aria-pressed={each === language}
          onClick={() => onLanguage(each)}
        >
          {each.toUpperCase()}
        </button>
      ))}
    </div>
  );
}

function initials(name) {
  const letters = name.split(/[\s._-]+/).filter(Boolean).map((word) => word[0]);
  return letters.slice(0, 2).join("").toUpperCase();
}
