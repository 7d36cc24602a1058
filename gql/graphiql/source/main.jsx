import "graphiql/style.css";
import "@graphiql/plugin-explorer/style.css";
import "./style.css";
import "./workers.js";

import { explorerPlugin } from "@graphiql/plugin-explorer";
import { GraphiQL, HISTORY_PLUGIN } from "graphiql";
import { useEffect, useMemo, useRef, useState } from "react";
import { createRoot } from "react-dom/client";

import { askRole, askViewer, config, connect, Failure, signIn, signOut, switchContext } from "./api.js";
import { Bar } from "./bar.jsx";
import {
  graphiqlStorage,
  loadLanguage,
  loadSession,
  saveLanguage,
  saveSession,
  timeLeft,
} from "./storage.js";
import { TEXTS } from "./texts.js";

const PLUGINS = [explorerPlugin(), HISTORY_PLUGIN];
const TABS = config.examples.map((query) => ({ query }));
const LONGEST_TIMER = 2 ** 31 - 1;

function App() {
  const [language, setLanguage] = useState(loadLanguage);
  const [session, setSession] = useState(loadSession);
  const [busy, setBusy] = useState(false);
  const [notice, setNotice] = useState(null); // {kind, key} of our own texts or {kind, text}
  const schema = useRef(null);
  const speaking = useRef(language);
  const token = session?.token;

  useEffect(() => {
    speaking.current = language;
    document.documentElement.lang = language;
    saveLanguage(language);
  }, [language]);

  useEffect(() => saveSession(session), [session]);

  const end = () => {
    setSession(null);
    setNotice({ kind: "warning", key: "expired" });
  };

  const { fetcher, dispose } = useMemo(
    () => connect({ token, language: () => speaking.current, onUnauthorized: end }),
    [token],
  );
  useEffect(() => dispose, [dispose]);

  const update = (changes) =>
    setSession((current) => (current?.token === token ? { ...current, ...changes } : current));

  useEffect(() => {
    if (!token) return undefined;
    let gone = false;
    askViewer(token, language).then(({ ended, name }) => {
      if (gone) return;
      if (ended) end();
      else if (name) update({ name });
    });
    const left = timeLeft(session);
    const timer = left <= LONGEST_TIMER ? setTimeout(end, left) : undefined;
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [token]);

  // GraphiQL keeps the function it was first given; its viewer is the one it was mounted for.
  const onSchemaChange = async (next) => {
    schema.current = next;
    const role = await askRole(next, token, speaking.current);
    if (role) update({ role });
  };

  const open = async (opening) => {
    setBusy(true);
    setNotice(null);
    try {
      setSession(await opening());
      return true;
    } catch (error) {
      const key = error instanceof Failure ? undefined : "unreachable";
      setNotice({ kind: "error", key, text: error.message });
      return false;
    } finally {
      setBusy(false);
    }
  };

  const onSignIn = (login, password, known = {}) =>
    open(async () => {
      const signedIn = await signIn(login, password, language);
      if (session) signOut(session, language, schema.current);
      return { ...signedIn, login, name: known.name };
    });

  const onSwitch = (context) =>
    open(async () => {
      const switched = await switchContext(session, context, language);
      return { ...switched, login: session.login, name: session.name };
    });

  const onSignOut = () => {
    signOut(session, language, schema.current);
    setSession(null);
    setNotice(null);
  };

  const shown = notice ?? (session ? null : { kind: "info", key: "signInFirst" });
  return (
    <>
      <Bar
        session={session}
        busy={busy}
        notice={shown && { ...shown, text: shown.key ? TEXTS[language][shown.key] : shown.text }}
        language={language}
        onLanguage={setLanguage}
        onSignIn={onSignIn}
        onSwitch={onSwitch}
        onSignOut={onSignOut}
        onClose={() => setNotice(null)}
      />
      <main className="gorod-console">
        <GraphiQL
          // A viewer who leaves takes the answers along: only the queries stay.
          key={token ?? ""}
          fetcher={fetcher}
          // Nobody may read the schema before signing in, so nobody asks for it.
          schema={token ? undefined : null}
          storage={graphiqlStorage}
          plugins={PLUGINS}
          defaultTabs={TABS.length > 0 ? TABS : undefined}
          inputValueDeprecation
          schemaDescription
          shouldPersistHeaders={false}
          showPersistHeadersSettings={false}
          onSchemaChange={onSchemaChange}
        >
          <GraphiQL.Logo>GraphiQL</GraphiQL.Logo>
        </GraphiQL>
      </main>
    </>
  );
}

createRoot(document.getElementById("root")).render(<App />);
