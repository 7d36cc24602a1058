// The language of the console: read once when the page loads. Monaco and GraphiQL read their texts
// when they load, too, so a change of the language loads the page anew.
import { loadLanguage, saveLanguage } from "./storage.js";

export const language = loadLanguage();

export function changeLanguage(next) {
  if (next === language) return;
  saveLanguage(next);
  location.reload();
}
