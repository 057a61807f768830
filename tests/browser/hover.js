// The labels of up to `most` points of each series of the figure at `place`, by the series' name, lines joined by " / ".
async ([place, most]) => {
  const figure = document.querySelector(place);
  const full = figure._fullLayout;
  const labels = {};
  let hovered = 0;
  full.hoverdistance = 1; // px: a cell is hovered beside the mark that stands on it

  const hover = async (at, { xaxis = "x", yaxis = "y" }) => {
    for (let tries = 0; tries < 50; tries += 1) {
      const uid = full._uid;
      full._uid = `${uid} ${(hovered += 1)}`; // Plotly waits 50 ms between two hovers of a figure, which this names
      Plotly.Fx.unhover(figure);
      Plotly.Fx.hover(figure, at, xaxis + yaxis);
      full._uid = uid;
      await new Promise(requestAnimationFrame);
      const texts = [...figure.querySelectorAll(".hoverlayer .hovertext text.nums")];
      const lines = texts.flatMap((text) => [...text.querySelectorAll("tspan.line")]);
      if (texts.length) return (lines.length ? lines : texts).map((line) => line.textContent).join(" / ");
    }
    return ""; // the figure was being redrawn all the time, or the point has no label
  };
  const pointsOf = ({ type, x, y, z }, curveNumber) => {
    if (type === "heatmap") return z.flatMap((row, r) => row.map((value, i) => value !== null && { xval: (x?.[i] ?? i) + 0.4, yval: y[r] }));
    return Array.from(x, (value, pointNumber) => value !== null && y[pointNumber] !== null && [{ curveNumber, pointNumber }]);
  };
  for (const [curveNumber, series] of figure._fullData.entries()) {
    const points = series.visible === true ? pointsOf(series, curveNumber).filter(Boolean) : [];
    const chosen = points.filter((_, i) => i % Math.ceil(points.length / most) === 0 || i === points.length - 1);
    for (const at of chosen) (labels[series.name] ??= []).push(await hover(at, series));
  }
  Plotly.Fx.unhover(figure);
  return labels;
}
