// How many dialogues a length would cut: a slider over counts that stand in the page.
"use strict";

(() => {
  /** Put the slider to work, also in a fragment that came later. */
  function begin() {
    const part = document.getElementById("cut");
    const data = document.getElementById("cut-data");
    if (!part || !data || !part.hidden) return;
    const bases = JSON.parse(data.textContent);
    const base = document.getElementById("cut-base");
    const slider = document.getElementById("cut-length");
    const chosen = document.getElementById("cut-chosen");
    const words = document.getElementById("cut-words");
    const percent = (part, whole) => `${whole ? ((100 * part) / whole).toFixed(1) : "0.0"} %`;

    function show() {
      const fit = bases[Number(base.value)];
      slider.max = fit.cut.length - 1;
      const [length, dialogues, tokens] = fit.cut[Number(slider.value)];
      chosen.textContent = length.toLocaleString();
      slider.setAttribute(
        "aria-valuetext",
        interpolate(gettext("%(length)s tokens"), { length: length.toLocaleString() }, true),
      );
      words.textContent = interpolate(
        gettext(
          "%(dialogues)s of the dialogues are cut (%(count)s of %(all)s), and %(tokens)s of the tokens lost. The longest has %(longest)s tokens.",
        ),
        {
          dialogues: percent(dialogues, fit.dialogues),
          count: dialogues.toLocaleString(),
          all: fit.dialogues.toLocaleString(),
          tokens: percent(tokens, fit.tokens),
          longest: fit.longest.toLocaleString(),
        },
        true,
      );
    }

    const begun = bases[0].cut.findIndex(([length]) => length >= 512);
    slider.max = bases[0].cut.length - 1;
    slider.value = begun < 0 ? slider.max : begun;
    for (const control of [base, slider]) control.addEventListener("input", show);
    part.hidden = false;
    show();
  }

  begin();
  document.addEventListener("htmx:after:swap", begin);
})();
