// Points over the borders of barrios and comunas. The same rows stand in the table beside it.
(function () {
  "use strict";

  var WEST = -58.535, EAST = -58.33, NORTH = -34.522, SOUTH = -34.708;

  function draw(canvas, points) {
    var box = canvas.getBoundingClientRect(), scale = window.devicePixelRatio || 1, style = getComputedStyle(canvas);
    var ends = bounds(points), flat = Math.cos((ends.north + ends.south) / 2 * Math.PI / 180);
    var wide = (ends.east - ends.west) * flat, high = ends.north - ends.south, width = box.width || 600, height = Math.min(width * high / wide, 700);
    canvas.width = width * scale;
    canvas.height = height * scale;
    canvas.style.height = height + "px";
    var pen = canvas.getContext("2d"), unit = Math.min(canvas.width / wide, canvas.height / high);

    function x(longitude) { return (longitude - ends.west) * flat * unit; }
    function y(latitude) { return (ends.north - latitude) * unit; }

    function outline(shape, ink, line) {
      pen.beginPath();
      shape.coordinates.forEach(function (polygon) {
        polygon.forEach(function (ring) {
          ring.forEach(function (corner, place) { pen[place ? "lineTo" : "moveTo"](x(corner[0]), y(corner[1])); });
          pen.closePath();
        });
      });
      pen.strokeStyle = ink;
      pen.lineWidth = line * scale;
      pen.stroke();
    }

    var places = window.VeredaPlaces || {}, names = Object.keys(places);
    names.forEach(function (name) { if (name.indexOf("Comuna ") !== 0) outline(places[name], style.getPropertyValue("--line") || "#d1d8e0", 0.7); });
    names.forEach(function (name) { if (name.indexOf("Comuna ") === 0) outline(places[name], style.getPropertyValue("--soft") || "#425266", 1.1); });
    pen.fillStyle = style.getPropertyValue("--bright") || "#336acc";
    pen.globalAlpha = points.length > 2000 ? 0.35 : 0.7;
    points.forEach(function (point) {
      pen.beginPath();
      pen.arc(x(Number(point[0])), y(Number(point[1])), (points.length > 2000 ? 1.6 : 3) * scale, 0, 7);
      pen.fill();
    });
  }

  // The city, or all the points where some lie outside it.
  function bounds(points) {
    var ends = { west: WEST, east: EAST, north: NORTH, south: SOUTH };
    points.forEach(function (point) {
      ends.west = Math.min(ends.west, Number(point[0]));
      ends.east = Math.max(ends.east, Number(point[0]));
      ends.north = Math.max(ends.north, Number(point[1]));
      ends.south = Math.min(ends.south, Number(point[1]));
    });
    return ends;
  }

  window.VeredaMap = { draw: draw };
})();
