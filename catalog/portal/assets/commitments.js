// The slider through the days on which something changed, and ?fecha=, which leads to the page of the day before it. Without this script
// the list of days has the same links.
(function () {
  "use strict";

  var days = window.VEREDA_DATES || [], form = document.querySelector("form.days");
  if (!form || !days.length) return;

  var slider = document.getElementById("slider"), link = document.getElementById("slid");
  var written = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long", timeZone: "UTC" });

  function address(day) {
    return form.dataset.days + day + "/index.html";
  }

  // The last day on which something changed, on `asked` or before; ISO dates sort as texts.
  function before(asked) {
    return days.filter(function (day) { return day <= asked; }).pop();
  }

  function show() {
    var day = days[slider.value], text = written.format(new Date(day + "T12:00:00Z"));
    link.href = address(day);
    link.textContent = text;
    slider.setAttribute("aria-valuetext", text);
  }

  function lead(asked) {
    if (!/^\d{4}-\d\d-\d\d$/.test(asked)) return;
    document.getElementById("fecha").value = asked;
    var day = before(asked);
    if (day) location.replace(address(day));
    else document.getElementById("no-day").hidden = false;
  }

  var here = /\/fecha\/(\d{4}-\d\d-\d\d)\//.exec(location.pathname);
  slider.max = days.length - 1;
  slider.value = here ? days.indexOf(before(here[1])) : days.length - 1;
  slider.addEventListener("input", show);
  slider.addEventListener("keydown", function (event) { if (event.key === "Enter") { event.preventDefault(); link.click(); } });
  form.hidden = false;
  show();
  if (!here) lead(new URLSearchParams(location.search).get("fecha") || "");
})();
