(function () {
  "use strict";
  var search = document.getElementById("q");
  document.addEventListener("keydown", function (event) {
    if (event.key !== "/" || event.target.matches("input, textarea")) { return; }
    event.preventDefault();
    search.focus();
  });
  var here = window.location.pathname;
  document.querySelectorAll(".shelves a").forEach(function (link) {
    if (link.getAttribute("href") === here) { link.setAttribute("aria-current", "page"); }
  });
  var newsletter = document.getElementById("newsletter");
  newsletter.addEventListener("submit", function () {
    newsletter.querySelector("button").disabled = true;
  });
}());
