// Before anything is drawn: the theme that was chosen, if one was. Without one the system's is used.
"use strict";
{
  const chosen = localStorage.getItem("theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
}
