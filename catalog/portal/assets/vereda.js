// Search as you type, and buttons that copy. Without this script everything can be read all the same.
(function () {
  "use strict";

  function plain(text) {
    return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
  }

  function search(box, index) {
    var field = document.getElementById("q"), found = document.getElementById("found");
    var texts = {};
    index.forEach(function (each) { texts[each.id] = plain(each.text); });
    var cards = Array.prototype.slice.call(document.querySelectorAll("[data-id]"));
    var lists = Array.prototype.slice.call(document.querySelectorAll("[data-list]"));

    function filter() {
      var words = plain(field.value).split(/\s+/).filter(Boolean), count = 0;
      cards.forEach(function (card) {
        var text = texts[card.dataset.id] || "";
        card.hidden = !words.every(function (word) { return text.indexOf(word) >= 0; });
        if (!card.hidden) count += 1;
      });
      lists.forEach(function (list) {
        list.hidden = words.length > 0 && !list.querySelector("[data-id]:not([hidden])");
      });
      var said = count === 0 ? found.dataset.none : count === 1 ? found.dataset.one : found.dataset.many.replace("#", count);
      found.textContent = words.length ? said : "";
    }

    field.addEventListener("input", filter);
    box.hidden = false;
    filter();
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

  var box = document.querySelector(".search");
  if (box && window.VEREDA_INDEX) search(box, window.VEREDA_INDEX);
})();
