// What changed since a day or between two versions, a table that sorts, and lines for another version. Without it there are links, and all rows.
(function () {
  "use strict";

  function pick(form) {
    var since = form.elements.since, from = form.elements.from, to = form.elements.to, told = form.querySelector("[role=status]");
    var parts = Array.prototype.slice.call(document.querySelectorAll(".pair"));

    function show() {
      var name = from.value + "-" + to.value, found = document.getElementById(name);
      parts.forEach(function (part) { part.hidden = part !== found; });
      told.textContent = found ? "" : form.dataset.none;
    }

    since.addEventListener("change", function () {
      if (!since.value) return;
      var held = Array.prototype.filter.call(from.options, function (option) { return option.dataset.day <= since.value; });
      var option = held[0] || from.options[from.options.length - 1];
      from.value = option.value;
      show();
      if (!held.length) told.textContent = form.dataset.before;
    });
    from.addEventListener("change", show);
    to.addEventListener("change", show);
    window.addEventListener("hashchange", named);

    function named() {
      var pair = decodeURIComponent(location.hash.slice(1)).split("-");
      if (pair.length === 2 && document.getElementById(pair.join("-"))) {
        from.value = pair[0];
        to.value = pair[1];
        show();
        document.getElementById(pair.join("-")).scrollIntoView();
      }
    }

    form.hidden = false;
    show();
    named();
  }

  function sortable(table) {
    var body = table.tBodies[0], numbers = new Intl.Collator("es", { numeric: true, sensitivity: "base" });
    Array.prototype.forEach.call(table.tHead.rows[0].cells, function (head, place) {
      var button = document.createElement("button");
      button.type = "button";
      button.className = "sorts";
      button.textContent = head.textContent;
      head.textContent = "";
      head.append(button);
      button.addEventListener("click", function () {
        var down = head.getAttribute("aria-sort") === "ascending";
        Array.prototype.forEach.call(table.tHead.rows[0].cells, function (each) { each.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        Array.prototype.slice.call(body.rows).sort(function (a, b) {
          var first = a.cells[place].textContent, second = b.cells[place].textContent;
          if (!first || !second) return first ? -1 : second ? 1 : 0;
          var order = head.classList.contains("num") ? parseFloat(first) - parseFloat(second) : numbers.compare(first, second);
          return down ? -order : order;
        }).forEach(function (row) { body.append(row); });
      });
    });
  }

  function choose(box) {
    var lines = Array.prototype.slice.call(document.querySelectorAll("#programs pre[data-bound]")), now = box.value;
    function part(version, pre) { // in the API a version stands after versions/
      return pre.dataset.reads === "api" ? "/versions/" + version.replace(/^v\//, "") + "/" : "/" + version + "/";
    }

    box.addEventListener("change", function () {
      lines.forEach(function (pre) {
        var code = pre.querySelector("code");
        code.textContent = code.textContent.split(part(now, pre)).join(part(box.value, pre));
      });
      now = box.value;
    });
    box.closest("[hidden]").hidden = false;
  }

  document.querySelectorAll("form.pick").forEach(pick);
  document.querySelectorAll("table.preview").forEach(sortable);
  document.querySelectorAll("select[data-lines]").forEach(choose);

  // A figure that the address of this page names, written out: what it is of, how much, and in which version.
  function cited(section) {
    var named = new URLSearchParams(location.search), figure = named.get("figure"), rows = [];
    if (!figure || !named.get("version")) return;
    named.forEach(function (value, key) { if (key[0] === ".") rows.push(key.slice(1) + " = " + (value || "—")); });
    var told = section.dataset, value = named.get("value") || "";
    section.querySelector(".quote").textContent = told.demo + told.publisher + ". " + told.title + ", " + named.get("table") + " " + named.get("version") + ": " +
      figure + (rows.length ? " [" + rows.join("; ") + "]" : "") + (value ? " = " + value : "") + ". sha256 " + (named.get("sha256") || "") + ". " + location.href;
    var notice = section.querySelector(".notice");
    notice.hidden = named.get("version") === told.current;
    notice.querySelector("code").textContent = 'vereda cite "' + location.href + '"';
    section.hidden = false;
  }

  var citing = document.getElementById("cite");
  if (citing) cited(citing);
})();
