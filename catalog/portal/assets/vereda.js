// Search as you type, lists in another order, and buttons that copy. Without this script everything can be read all the same.
(function () {
  "use strict";

  // Small letters without accents, one for one, so that places in it are places in the text.
  function plain(text) {
    return text.replace(/[^\x00-\x7f]/g, function (each) { return each.normalize("NFD").charAt(0).toLowerCase().charAt(0); }).toLowerCase();
  }

  // Where each word weighs how much: title, publisher, keywords, fields, description. At the start of a word it weighs twice.
  var WEIGHTS = [40, 12, 8, 4, 2];

  function entry(each, publishers) {
    var texts = [each[1], publishers[each[2]], each[4], each[5].join(" · "), each[3]];
    return { path: each[0], texts: texts, plain: texts.map(plain), fields: each[5], fresh: each[6], demo: each[7] };
  }

  function weigh(each, words, starts) {
    var sum = 0;
    for (var w = 0; w < words.length; w += 1) {
      var best = 0;
      for (var t = 0; t < WEIGHTS.length; t += 1) {
        var at = each.plain[t].indexOf(words[w]);
        if (at < 0) continue;
        best = Math.max(best, WEIGHTS[t] * (starts[w].test(each.plain[t]) ? 2 : 1));
      }
      if (!best) return 0;
      sum += best;
    }
    return sum + (each.demo ? 0 : 0.5);
  }

  // The text in which the words are marked.
  function marked(text, words) {
    var spans = [], flat = plain(text), into = document.createDocumentFragment(), from = 0;
    words.forEach(function (word) {
      for (var at = flat.indexOf(word); at >= 0; at = flat.indexOf(word, at + word.length)) spans.push([at, at + word.length]);
    });
    spans.sort(function (a, b) { return a[0] - b[0] || b[1] - a[1]; });
    spans.forEach(function (span) {
      if (span[0] < from) return;
      into.append(text.slice(from, span[0]), element("mark", text.slice(span[0], span[1])));
      from = span[1];
    });
    into.append(text.slice(from));
    return into;
  }

  function element(name, text, style) {
    var made = document.createElement(name);
    if (text) made.append(text);
    if (style) made.className = style;
    return made;
  }

  function item(each, words, told) {
    var made = element("li"), link = element("a", marked(each.texts[0], words)), about = element("small");
    link.href = told.root + each.path + "/index.html";
    if (told.lang) link.lang = about.lang = told.lang;
    made.append(link);
    if (each.fresh) made.append(" ", element("span", told[each.fresh.replace("-late", "Late")], "tag " + each.fresh));
    if (each.demo) made.append(" ", element("span", "DEMO", "tag demo"));
    about.append(marked(each.texts[1], words));
    var field = each.fields.filter(function (one) { var flat = plain(one); return words.some(function (word) { return flat.indexOf(word) >= 0; }); })[0];
    var beyond = words.some(function (word) { return each.plain[0].indexOf(word) < 0 && each.plain[1].indexOf(word) < 0; });
    if (beyond && field) about.append(" · " + told.field + " ", marked(field, words));
    else if (beyond) about.append(" · ", marked(snippet(each, words), words));
    made.append(about);
    return made;
  }

  function snippet(each, words) {
    var about = each.texts[4], at = each.plain[4].indexOf(words.filter(function (word) { return each.plain[4].indexOf(word) >= 0; })[0] || "");
    return at < 0 || !about ? each.texts[2] : (at > 50 ? "…" + about.slice(at - 40, at + 80) : about.slice(0, 120)) + (about.length > at + 120 ? "…" : "");
  }

  var SHOWN = 20; // at first: writing hundreds would make one wait between two letters

  function search(form, index) {
    var field = document.getElementById("q"), found = document.getElementById("found"), list = document.getElementById("results");
    var told = list.parentNode.dataset, rest = document.querySelector("[data-rest]"), more = document.getElementById("more");
    var entries = index.datasets.map(function (each) { return entry(each, index.publishers); });

    function show() {
      var words = plain(field.value).split(/\s+/).filter(Boolean), hits = [];
      var starts = words.map(function (word) { return new RegExp("(^|[^a-z0-9])" + word.replace(/[^a-z0-9]/g, "\\$&")); });
      entries.forEach(function (each) { var weight = words.length ? weigh(each, words, starts) : 0; if (weight) hits.push([weight, each]); });
      hits.sort(function (a, b) { return b[0] - a[0] || (a[1].plain[0] < b[1].plain[0] ? -1 : 1); });
      function write(some) { list.append.apply(list, some.map(function (hit) { return item(hit[1], words, told); })); }
      list.replaceChildren();
      write(hits.slice(0, SHOWN));
      list.hidden = !hits.length;
      more.hidden = hits.length <= SHOWN;
      more.onclick = function () { write(hits.slice(SHOWN)); more.hidden = true; list.querySelectorAll("a")[SHOWN].focus(); };
      rest.hidden = words.length > 0;
      found.textContent = !words.length ? "" : hits.length === 0 ? found.dataset.none : hits.length === 1 ? found.dataset.one : found.dataset.many.replace("#", hits.length);
    }

    // Arrows lead from the field through the results, Escape leads back.
    function walk(event) {
      var links = [field].concat(Array.from(list.querySelectorAll("a"))), at = links.indexOf(document.activeElement);
      var step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (event.key === "Escape" && at > 0) field.focus();
      else if (step && at >= 0 && links[at + step]) links[at + step].focus();
      else return;
      event.preventDefault();
    }

    field.value = new URLSearchParams(location.search).get("q") || field.value;
    field.addEventListener("input", show);
    field.addEventListener("keydown", walk);
    list.addEventListener("keydown", walk);
    form.addEventListener("submit", function (event) { event.preventDefault(); show(); });
    window.addEventListener("pageshow", show);
    form.hidden = false;
    show();
  }

  function sorter(select) {
    var collator = new Intl.Collator(document.documentElement.lang), by = {
      title: function (a, b) { return collator.compare(a.firstElementChild.textContent, b.firstElementChild.textContent); },
      at: function (a, b) { return Date.parse(b.dataset.at) - Date.parse(a.dataset.at); },
      rows: function (a, b) { return b.dataset.rows - a.dataset.rows; }
    };
    select.addEventListener("change", function () {
      document.querySelectorAll("[data-list] ul.rows").forEach(function (list) {
        list.replaceChildren.apply(list, Array.from(list.children).sort(by[select.value]));
      });
    });
    select.parentNode.hidden = false;
  }

  function copier(text) {
    var button = document.createElement("button"), told = document.body.dataset;
    button.type = "button";
    button.className = "copy";
    button.textContent = told.copy;
    button.addEventListener("click", function () {
      copy(text()).then(function () {
        button.textContent = told.copied;
        setTimeout(function () { button.textContent = told.copy; }, 2000);
      });
    });
    return button;
  }

  function copy(text) {
    if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
    var area = document.createElement("textarea");
    area.value = text;
    document.body.appendChild(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    return Promise.resolve();
  }

  document.querySelectorAll("pre").forEach(function (pre) {
    var around = document.createElement("div");
    around.className = "code";
    pre.replaceWith(around);
    around.append(pre, copier(function () { return pre.textContent; }));
  });
  document.querySelectorAll(".sha").forEach(function (code) { code.after(copier(function () { return code.dataset.copy; })); });

  var form = document.querySelector(".search"), select = document.getElementById("sort");
  if (form && window.VEREDA_INDEX) search(form, window.VEREDA_INDEX);
  if (select) sorter(select);
})();
