import { useSyncExternalStore } from "react";

import { TEXTS } from "./texts.js";

const NARROW = matchMedia("(max-width: 760px)");

/** Whether the window is too narrow for panes side by side. */
export function useNarrow() {
  return useSyncExternalStore(
    (changed) => {
      NARROW.addEventListener("change", changed);
      return () => NARROW.removeEventListener("change", changed);
    },
    () => NARROW.matches,
  );
}

/** On narrow screens the panes are tabs: one at a time has the whole width. */
export function Panes({ pane, language, onPane }) {
  const texts = TEXTS[language].panes;
  return (
    <div className="gorod-panes" role="tablist" aria-label={texts.label}>
      {["query", "answer", "panel"].map((each) => (
        <button
          key={each}
          type="button"
          role="tab"
          aria-selected={each === pane}
          onClick={() => onPane(each)}
        >
          {texts[each]}
        </button>
      ))}
    </div>
  );
}
