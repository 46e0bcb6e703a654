// The search box: answers as one types, facets, pages of answers, and an address that can be passed on
// (?q=…&theme=…&page=2). The ranking is search.js.
(function () {
  "use strict";

  var form = document.querySelector(".search"), list = document.getElementById("results");
  if (!form || !list || !window.VeredaSearch || !VeredaSearch.index) return;
  var index = VeredaSearch.index, field = document.getElementById("q"), found = document.getElementById("found");
  var box = list.parentNode, told = JSON.parse(document.getElementById("search-words").textContent), rest = document.querySelector("[data-rest]");
  var facets = document.getElementById("facets"), turn = document.getElementById("turn"), english = document.documentElement.lang === "en";
  var FACETS = ["theme", "publisher", "format", "fresh", "place", "kind"], PAGE = 20, state = { filters: {}, page: 1 }, asked = 0;

  function element(name, text, style) {
    var made = document.createElement(name);
    if (text) made.append(text);
    if (style) made.className = style;
    return made;
  }

  // The text in which the words of the question (in any form, or another word for it) are marked.
  function marked(text, stems) {
    var into = document.createDocumentFragment();
    text.split(/([0-9A-Za-z\u00c0-\u024f]+)/).forEach(function (part, at) {
      if (!part) return;
      var hit = at % 2 && stems[VeredaSearch.stem(VeredaSearch.fold(part))];
      into.append(hit ? element("mark", part) : part);
    });
    return into;
  }

  function wordsOf(answer) {
    var stems = Object.create(null);
    answer.units.forEach(function (unit) {
      unit.literal.forEach(function (each) { stems[each] = true; });
      unit.others.forEach(function (other) { if (other[1] > 0.3 && other[0].length === 1) stems[other[0][0]] = true; });
    });
    return stems;
  }

  function has(text, stems) { return VeredaSearch.words(text).some(function (each) { return stems[VeredaSearch.stem(each)]; }); }

  // Where the text has a word of the question, some letters of it.
  function snippet(text, stems) {
    var at = -1;
    text.replace(/[0-9A-Za-z\u00c0-\u024f]+/g, function (word, place) {
      if (at < 0 && stems[VeredaSearch.stem(VeredaSearch.fold(word))]) at = place;
      return word;
    });
    var from = at > 70 ? text.indexOf(" ", at - 55) + 1 : 0;
    return (from ? "…" : "") + text.slice(from, from + 130) + (text.length > from + 130 ? "…" : "");
  }

  function item(each, stems) {
    var made = element("li"), own = english && each.titleEn, title = own ? each.titleEn : each.title, data = /^(dataset|demo)$/.test(each.kind);
    var link = element("a", marked(title, stems)), about = element("small"), text = english && each.descriptionEn ? each.descriptionEn : each.description;
    link.href = box.dataset.root + each.path + (data ? "/index.html" : "");
    if (english && !own) link.lang = "es";
    made.append(link);
    if (each.fresh && data) made.append(" ", element("span", told.fresh[each.fresh], "tag " + each.fresh));
    if (each.kind === "demo") made.append(" ", element("span", "DEMO", "tag demo"));
    if (!data) made.append(" ", element("span", told.kind[each.kind], "tag"));
    if (data && each.publisher) {
      var who = element("span", marked(each.publisher, stems));
      if (english) who.lang = "es";
      about.append(who);
    }
    var column = has(title, stems) || has(text, stems) ? null : each.fields.split(" · ").filter(function (one) { return has(one, stems); })[0];
    var rows = each.inRows.map(function (one) { return one[0] + " (" + (one[1] === 1 ? told.row : told.rows.replace("#", one[1])) + (one[2] ? " " + told.more : "") + ")"; });
    if (rows.length) about.append((about.textContent ? " · " : "") + told.inRows + " ", marked(rows.join(", "), stems));
    else if (column) about.append((about.textContent ? " · " : "") + told.field + " ", marked(column, stems));
    else if (text) {
      var part = element("span", marked(snippet(text, stems), stems));
      if (english && !each.descriptionEn) part.lang = "es";
      about.append(about.textContent ? " · " : "", part);
    }
    made.append(about);
    return made;
  }

  function label(name, value) { return (told[name] && told[name][value]) || (name === "format" ? (value === "parquet" ? "Parquet" : value.toUpperCase()) : value); }

  // A choice for each facet in which the answers differ.
  function choices(answer) {
    var open = field.value.trim() || filtered() || box.hasAttribute("data-browse");
    FACETS.forEach(function (name) {
      var counts = answer.facets[name], values = Object.keys(counts), chosen = state.filters[name], select = document.getElementById("by-" + name);
      values.sort(function (a, b) { return counts[b] - counts[a] || (label(name, a) < label(name, b) ? -1 : 1); });
      if (chosen && values.indexOf(chosen) < 0) values.unshift(chosen);
      select.replaceChildren(new Option(told.all[name], ""));
      values.forEach(function (value) { select.append(new Option(label(name, value) + " (" + (counts[value] || 0) + ")", value, false, value === chosen)); });
      select.parentNode.hidden = !chosen && values.every(function (value) { return counts[value] === answer.count; });
    });
    facets.hidden = !open || (answer.count < 2 && !filtered());
  }

  function filtered() { return FACETS.some(function (name) { return state.filters[name]; }); }

  function pages(count) {
    var last = Math.max(1, Math.ceil(count / PAGE));
    turn.hidden = last < 2;
    turn.querySelector("span").textContent = told.page.replace("{page}", state.page).replace("{pages}", last);
    turn.querySelector("[data-step='-1']").disabled = state.page <= 1;
    turn.querySelector("[data-step='1']").disabled = state.page >= last;
  }

  function show(answer) {
    var stems = wordsOf(answer), asking = field.value.trim() || filtered();
    list.replaceChildren.apply(list, asking ? answer.results.filter(Boolean).map(function (each) { return item(each, stems); }) : []);
    list.hidden = !asking || !answer.count;
    list.start = (state.page - 1) * PAGE + 1;
    rest.hidden = Boolean(asking);
    document.body.classList.toggle("asking", Boolean(asking));
    found.textContent = !asking ? "" : !answer.count ? told.none : answer.count === 1 ? told.one : told.many.replace("#", answer.count);
    choices(answer);
    if (asking) pages(answer.count); else turn.hidden = true;
  }

  function ask() {
    var mine = asked += 1, options = { filters: state.filters, limit: PAGE, from: (state.page - 1) * PAGE };
    index.ask(field.value, options, function (answer) { if (mine === asked) show(answer); });
  }

  function address() {
    var query = new URLSearchParams();
    if (field.value.trim()) query.set("q", field.value.trim());
    FACETS.forEach(function (name) { if (state.filters[name]) query.set(name, state.filters[name]); });
    if (state.page > 1) query.set("page", state.page);
    var text = query.toString();
    try { history.replaceState(null, "", location.pathname + (text ? "?" + text : "") + location.hash); } catch (error) { /* some browsers keep addresses of files as they are */ }
    document.querySelectorAll(".tongues a").forEach(function (link) { link.href = link.getAttribute("href").replace(/\?.*$/, "") + (text ? "?" + text : ""); });
  }

  function change() { state.page = 1; address(); ask(); }

  // Arrows lead from the field through the results, Escape leads back.
  function walk(event) {
    var links = [field].concat(Array.from(list.querySelectorAll("a"))), at = links.indexOf(document.activeElement);
    var step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape" && at > 0) field.focus();
    else if (step && at >= 0 && links[at + step]) links[at + step].focus();
    else return;
    event.preventDefault();
  }

  var given = new URLSearchParams(location.search);
  field.value = given.get("q") || field.value;
  state.page = Math.max(1, Number(given.get("page")) || 1);
  FACETS.forEach(function (name) {
    if (given.get(name)) state.filters[name] = given.get(name);
    document.getElementById("by-" + name).addEventListener("change", function (event) { state.filters[name] = event.target.value; change(); });
  });
  field.addEventListener("input", change);
  field.addEventListener("keydown", walk);
  list.addEventListener("keydown", walk);
  form.addEventListener("submit", function (event) { event.preventDefault(); address(); ask(); });
  turn.addEventListener("click", function (event) {
    var step = Number(event.target.dataset.step);
    if (!step) return;
    state.page += step;
    address();
    ask();
    found.scrollIntoView();
  });
  window.addEventListener("pageshow", function (event) { if (event.persisted || field.value) ask(); });
  form.hidden = false;
  if (given.toString()) address();
  ask();
})();
