import "graphiql/style.css";
import "@graphiql/plugin-explorer/style.css";
import "./style.css";
import "./workers.js";

import { explorerPlugin } from "@graphiql/plugin-explorer";
import { DOC_EXPLORER_PLUGIN } from "@graphiql/plugin-doc-explorer";
import { GraphiQL, HISTORY_PLUGIN } from "graphiql";
import { useEffect, useMemo, useRef, useState } from "react";
import { createRoot } from "react-dom/client";

import {
  askRole,
  askViewer,
  config,
  connect,
  Failure,
  keepFresh,
  signIn,
  signOut,
  switchContext,
} from "./api.js";
import { Bar } from "./bar.jsx";
import { changeLanguage, language } from "./language.js";
import { translateTabs } from "./tabs.js";
import { Panes, useNarrow } from "./panes.jsx";
import { say } from "./say.js";
import { forgetfulStorage, graphiqlStorage, loadSession, saveSession, timeLeft } from "./storage.js";
import { TEXTS } from "./texts.js";

const PLUGINS = [explorerPlugin({ title: say("GraphiQL Explorer") }), HISTORY_PLUGIN];
const TABS = config.examples[language].map((query) => ({ query }));
const PASSWORDS = JSON.stringify({ old: "", new: "" }, null, 2);
const FIRST_PASSWORD = [{ query: config.firstPassword[language], variables: PASSWORDS }];
const LONGEST_TIMER = 2 ** 31 - 1;

document.documentElement.lang = language;
translateTabs(config.examples, language);

function App() {
  const [session, setSession] = useState(loadSession);
  const [busy, setBusy] = useState(false);
  const [notice, setNotice] = useState(null); // {kind, key} of our own texts or {kind, text}
  const [pane, setPane] = useState("query");
  const [plugin, setPlugin] = useState(undefined);
  const narrow = useNarrow();
  const schema = useRef(null);
  const id = session?.id;
  const choosing = Boolean(session?.mustChangePassword);

  useEffect(() => saveSession(session), [session]);

  const end = () => {
    setSession(null);
    setNotice({ kind: "warning", key: "expired" });
  };

  const update = (changes) =>
    setSession((current) => (current?.id === id ? { ...current, ...changes } : current));

  const onPasswordChanged = () => {
    if (!session?.mustChangePassword) return;
    update({ mustChangePassword: false });
    setNotice({ kind: "info", key: "passwordChosen" });
    setPane("query");
  };

  const { fetcher, dispose } = useMemo(() => {
    const token = keepFresh({ session, language, onRefreshed: update, onEnded: end });
    const onRun = () => setPane("answer");
    return connect({ token, language, onRun, onUnauthorized: end, onPasswordChanged });
  }, [id]);
  useEffect(() => dispose, [dispose]);

  useEffect(() => {
    if (!id) return undefined;
    let gone = false;
    askViewer(session.token, language).then(({ ended, name }) => {
      if (gone) return;
      if (ended && !session.refreshToken) end();
      else if (name) update({ name });
    });
    const left = session.refreshToken ? Infinity : timeLeft(session);
    const timer = left <= LONGEST_TIMER ? setTimeout(end, left) : undefined;
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [id, choosing]);

  const storage = useMemo(() => (choosing ? forgetfulStorage() : graphiqlStorage), [id, choosing]);

  // GraphiQL keeps the function it was first given; its viewer is the one it was mounted for.
  const onSchemaChange = async (next) => {
    schema.current = next;
    const role = await askRole(next, session?.token, language);
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

  const onPane = (next) => {
    setPane(next);
    if (next === "panel" && !plugin) setPlugin(DOC_EXPLORER_PLUGIN);
  };

  // A panel that is opened shows itself; one that is closed leaves its place to the query.
  const onPlugin = (next) => {
    setPlugin(next);
    setPane((current) => (next ? "panel" : current === "panel" ? "query" : current));
  };

  const shown = notice ?? standing(session);
  return (
    <>
      <Bar
        session={session}
        busy={busy}
        notice={shown && { ...shown, text: shown.key ? TEXTS[language][shown.key] : shown.text }}
        language={language}
        onLanguage={changeLanguage}
        onSignIn={onSignIn}
        onSwitch={onSwitch}
        onSignOut={onSignOut}
        onClose={notice && (() => setNotice(null))}
      />
      {narrow && <Panes pane={pane} language={language} onPane={onPane} />}
      <main className="gorod-console" data-pane={narrow ? pane : undefined}>
        <GraphiQL
          // A viewer who leaves takes the answers along: only the queries stay.
          key={`${id ?? ""} ${choosing}`}
          fetcher={fetcher}
          // Nobody may read the schema before signing in, so nobody asks for it.
          schema={id ? undefined : null}
          storage={storage}
          plugins={PLUGINS}
          visiblePlugin={plugin}
          onTogglePluginVisibility={onPlugin}
          initialVariables={choosing ? PASSWORDS : undefined}
          defaultTabs={choosing ? FIRST_PASSWORD : TABS.length > 0 ? TABS : undefined}
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

/** What there is to say as long as nothing else is. */
function standing(session) {
  if (config.trustedOnly) return { kind: "warning", key: "trustedOnly" };
  if (session?.mustChangePassword) return { kind: "warning", key: "choosePassword" };
  return session ? null : { kind: "info", key: "signInFirst" };
}

import("./explain.js");
createRoot(document.getElementById("root")).render(<App />);
