// What GraphiQL and Monaco say, in the language of the console.
import { language } from "./language.js";
import { GRAPHIQL, MONACO, PATTERNS, SECTIONS, TOGGLES } from "./texts.ru.js";

const RUSSIAN = { ...GRAPHIQL, ...PATTERNS, ...SECTIONS, ...TOGGLES, ...MONACO };

/** The text in the language of the console; texts that nobody has translated stay as they are. */
export function say(text, ...parts) {
  const said = language === "ru" ? (RUSSIAN[text] ?? text) : text;
  let next = 0;
  return parts.length > 0 ? said.replace(/\{\}/g, () => parts[next++]) : said;
}
