// The tabs that the browser kept. A tab whose example nobody has changed follows the language.
import { graphiqlStorage } from "./storage.js";

const TABS = "graphiql:tabState";
const QUERY = "graphiql:query"; // of the tab that is open

/** The example in the language; any other text as it is. */
export function translated(query, examples, language) {
  for (const written of Object.values(examples)) {
    const place = written.indexOf(query);
    if (place >= 0) return examples[language][place] ?? query;
  }
  return query;
}

/** Put examples of another language into the language, before GraphiQL reads its tabs. */
export function translateTabs(examples, language) {
  const translate = (query) => translated(query, examples, language);
  const query = graphiqlStorage.getItem(QUERY);
  if (query !== null) graphiqlStorage.setItem(QUERY, translate(query));
  try {
    const state = JSON.parse(graphiqlStorage.getItem(TABS));
    const tabs = state.tabs.map((tab) => ({ ...tab, query: translate(tab.query) }));
    graphiqlStorage.setItem(TABS, JSON.stringify({ ...state, tabs }));
  } catch {
    // No tabs were kept, or not in this form: GraphiQL begins anew.
  }
}
