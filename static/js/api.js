// Swagger UI at /v1/docs is dark by a class alone: let it follow the system, as every page does.
"use strict";

{
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
  dark.addEventListener("change", follow);
  follow();
}
