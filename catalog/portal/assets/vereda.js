// Lists in another order, and buttons that copy. Without this script everything can be read all the same.
(function () {
  "use strict";

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

  var select = document.getElementById("sort");
  if (select) sorter(select);
})();
