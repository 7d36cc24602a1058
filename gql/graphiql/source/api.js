// Talking to Gorod: plain requests for the bar, and the fetcher GraphiQL runs its operations with.
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { getNamedType, isLeafType, isRequiredArgument } from "graphql";
import { createClient } from "graphql-ws";

import { loadDevice, saveDevice, timeLeft } from "./storage.js";
import { TEXTS } from "./texts.js";

const DEFAULTS = {
  path: "/graphiql",
  endpoint: "/graphql",
  docs: "/docs/",
  trustedOnly: false,
  examples: { ru: [], en: [] },
  firstPassword: { ru: "", en: "" },
};

/** What the server wrote into the page: where the API is and the examples to begin with. */
export const config = {
  ...DEFAULTS,
  ...JSON.parse(document.getElementById("gorod-config").textContent),
};

const SESSION = `
    accessToken
    refreshToken
    expiresAt
    mustChangePassword
    deviceToken
    contexts { role schoolId schoolName roleGrantId isCurrent }
    userErrors { message }`;

const SIGN_IN = `mutation SignIn($login: String!, $password: String!, $deviceToken: String) {
  signIn(input: {login: $login, password: $password, deviceToken: $deviceToken}) {${SESSION}
  }
}`;

const REFRESH = `mutation RefreshSession($refreshToken: String!) {
  refreshSession(input: {refreshToken: $refreshToken}) {
    accessToken
    refreshToken
    expiresAt
  }
}`;

const SWITCH = `mutation SwitchContext($role: Role!, $schoolId: ID, $roleGrantId: ID) {
  switchContext(input: {role: $role, schoolId: $schoolId, roleGrantId: $roleGrantId}) {${SESSION}
  }
}`;

/** A failure that can be shown to a person as it is. */
export class Failure extends Error {}

/** Ask over HTTP; the answer is a JSON response, or a Failure that says in words why there is none. */
async function send(input, init, { token, language }) {
  const headers = new Headers(init.headers);
  if (!headers.has("Accept-Language")) headers.set("Accept-Language", language);
  if (token && !headers.has("Authorization")) headers.set("Authorization", `Bearer ${token}`);
  let response;
  try {
    response = await fetch(input, { ...init, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failure(TEXTS[language].unreachable);
  }
  if (!/\bjson\b/.test(response.headers.get("Content-Type") ?? "")) {
    throw new Failure(TEXTS[language].notGraphQL(response.status));
  }
  return response;
}

async function ask(query, variables, { token, language, ...init }) {
  const response = await send(
    config.endpoint,
    {
      method: "POST",
      headers: {
        Accept: "application/graphql-response+json, application/json;q=0.9",
        "Content-Type": "application/json",
      },
      body: JSON.stringify({ query, variables }),
      ...init,
    },
    { token, language },
  );
  const { data, errors } = await response.json();
  return { data, errors, status: response.status };
}

/** Sign in; the session, or a Failure with the server's own words. */
export async function signIn(login, password, language) {
  const given = { login, password, deviceToken: loadDevice(login) };
  const { data, errors } = await ask(SIGN_IN, given, { language });
  const session = opened(data?.signIn, errors, language);
  if (data.signIn.deviceToken) saveDevice(login, data.signIn.deviceToken);
  return session;
}

/** A session with new tokens; null when it has ended. */
export async function refresh(session, language) {
  const { data } = await ask(REFRESH, { refreshToken: session.refreshToken }, { language });
  const { accessToken, refreshToken, expiresAt } = data?.refreshSession ?? {};
  return accessToken ? { ...session, token: accessToken, refreshToken, expiresAt } : null;
}

/** Go on in another role or school of the same login; the new session, or a Failure. */
export async function switchContext(session, { role, schoolId, roleGrantId }, language) {
  const context = { role, schoolId, roleGrantId };
  const { data, errors } = await ask(SWITCH, context, { token: session.token, language });
  return opened(data?.switchContext, errors, language);
}

function opened(payload, errors, language) {
  if (payload?.accessToken) {
    const { accessToken: token, refreshToken, expiresAt, mustChangePassword, contexts } = payload;
    const role = contexts?.find(({ isCurrent }) => isCurrent)?.role;
    const id = crypto.getRandomValues(new Uint32Array(1))[0];
    return { id, token, refreshToken, expiresAt, mustChangePassword, contexts, role };
  }
  const messages = [...(payload?.userErrors ?? []), ...(errors ?? [])]
    .map(({ message }) => message)
    .filter(Boolean);
  throw new Failure(messages.join(" ") || TEXTS[language].refused);
}

/** Tell the server the session is over, if it has a mutation for that. Nobody waits for it. */
export function signOut(session, language, schema) {
  const field = schema?.getMutationType()?.getFields().signOut;
  if (!field || field.args.some(isRequiredArgument)) return;
  const selection = isLeafType(getNamedType(field.type)) ? "" : " { __typename }";
  ask(`mutation SignOut { signOut${selection} }`, undefined, {
    token: session.token,
    language,
    keepalive: true,
  }).catch(() => undefined);
}

/** The viewer's name, as far as the API tells; `ended` when the token is no longer good. */
export async function askViewer(token, language) {
  try {
    const { data, errors, status } = await ask(
      "query Viewer { viewer { displayName: fullName } }",
      undefined,
      { token, language },
    );
    const ended =
      status === 401 || Boolean(errors?.some((e) => e.extensions?.code === "UNAUTHENTICATED"));
    return { ended, name: data?.viewer?.displayName };
  } catch {
    return { ended: false };
  }
}

/** The viewer's role, if the schema's viewer has such a field. */
export async function askRole(schema, token, language) {
  const viewer = getNamedType(schema.getQueryType()?.getFields().viewer?.type);
  const fields = viewer && "getFields" in viewer ? viewer.getFields() : {};
  const field = ["role", "roles"].find(
    (name) => fields[name] && isLeafType(getNamedType(fields[name].type)),
  );
  if (!field) return undefined;
  try {
    const { data } = await ask(`query Viewer { viewer { role: ${field} } }`, undefined, {
      token,
      language,
    });
    return data?.viewer?.role;
  } catch {
    return undefined;
  }
}

/** Open the reference in a tab of its own. The session stays here: a refresh token is good once, so
 * two tabs must not share one. The reference lets a browser in by a pass of its own. */
export async function openDocs(session) {
  // Browsers block a tab that is opened after an answer has come.
  const tab = window.open("about:blank", "_blank");
  const headers = { Authorization: `Bearer ${session.token}` };
  await fetch(`${config.docs}pass`, { method: "POST", headers }).catch(() => undefined);
  if (!tab) return window.location.assign(config.docs);
  tab.opener = null;
  tab.location.replace(config.docs);
}

/** The logins a demonstration offers; in production there are none. */
export async function demoLogins() {
  try {
    const response = await fetch(`${config.path}/logins.json`, {
      headers: { Accept: "application/json" },
    });
    const logins = response.ok ? await response.json() : [];
    return Array.isArray(logins) ? logins.filter(({ login, password }) => login && password) : [];
  } catch {
    return [];
  }
}

/** Whether a response tells that the password was changed. */
async function changesPassword(response) {
  const { data } = await response.clone().json();
  return Boolean(data?.changePassword?.changedAt);
}

/** A fetcher for one viewer: HTTP for queries and mutations, a WebSocket for subscriptions.
 *
 * `token` gives one that is still good. `onRun` hears of each operation but those about the schema. */
export function connect({ token, language, onRun, onUnauthorized, onPasswordChanged }) {
  const socket = new URL(config.endpoint, location.href);
  socket.protocol = socket.protocol.replace("http", "ws");
  const wsClient = createClient({
    url: socket.href,
    connectionParams: async () => {
      const good = await token();
      return { "accept-language": language, ...(good && { authorization: `Bearer ${good}` }) };
    },
    keepAlive: 15_000,
    retryAttempts: 3,
  });
  const ask = createGraphiQLFetcher({
    url: config.endpoint,
    wsClient,
    enableIncrementalDelivery: false,
    fetch: async (input, init) => {
      const good = await token();
      const response = await send(input, init, { token: good, language });
      if (good && response.status === 401) onUnauthorized();
      if (good && (await changesPassword(response))) onPasswordChanged();
      return response;
    },
  });
  const fetcher = (params, options) => {
    if (params.operationName !== "IntrospectionQuery") onRun();
    return ask(params, options);
  };
  return { fetcher, dispose: () => wsClient.dispose() };
}

/** Gives the access token of a session, a new one shortly before the old one ends. Requests at the
 * same time share one refresh: a refresh token that is used twice ends its session. */
export function keepFresh({ session, language, onRefreshed, onEnded }) {
  let current = session;
  let refreshing = null;
  return async () => {
    if (!current?.refreshToken || timeLeft(current) > ALMOST_OVER) return current?.token;
    refreshing ??= refresh(current, language)
      .then((next) => {
        if (next) onRefreshed((current = next));
        else onEnded();
      })
      .finally(() => (refreshing = null));
    await refreshing;
    return current.token;
  };
}

const ALMOST_OVER = 30_000; // milliseconds
