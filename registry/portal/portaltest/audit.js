(() => {
  const wrong = [];
  const seen = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const where = (e) => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + (e.className && e.className.baseVal === undefined ? "." + e.className.trim().replace(/\s+/g, ".") : "") + " " + JSON.stringify((e.innerText || "").trim().slice(0, 30));

  for (const e of document.querySelectorAll("input:not([type=hidden]), select, textarea"))
    if (!(e.labels && e.labels.length) && !e.getAttribute("aria-label")) wrong.push("no label: " + where(e));
  for (const e of document.querySelectorAll("[aria-describedby], [aria-labelledby], label[for]"))
    for (const name of ["aria-describedby", "aria-labelledby", "for"])
      for (const id of (e.getAttribute(name) || "").split(" ").filter(Boolean))
        if (!document.getElementById(id)) wrong.push(name + " names nothing: " + where(e));
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  for (const id of new Set(ids)) if (ids.filter((other) => other === id).length > 1) wrong.push("id twice: " + id);
  for (const e of document.querySelectorAll("img:not([alt])")) wrong.push("no alt: " + where(e));
  for (const e of document.querySelectorAll("a, button"))
    if (seen(e) && !(e.innerText.trim() || e.getAttribute("aria-label"))) wrong.push("no words: " + where(e));
  for (const link of document.querySelectorAll('a[href^="#"]'))
    if (!document.getElementById(link.hash.slice(1))) wrong.push("leads nowhere: " + where(link));

  const headings = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter(seen);
  if (headings.filter((h) => h.tagName === "H1").length !== 1) wrong.push("not one h1");
  let level = 0;
  for (const h of headings) {
    const own = Number(h.tagName[1]);
    if (own > level + 1 && !h.closest(".problems")) wrong.push("heading skips a level: " + where(h));
    level = own;
  }
  if (!document.documentElement.lang || !document.title) wrong.push("no language, or no title");
  if (document.querySelectorAll("main").length !== 1) wrong.push("not one main");
  for (const e of document.querySelectorAll("nav")) if (!e.getAttribute("aria-label")) wrong.push("nav without a name");

  // Buttons, menus and inputs are 44 px or more, as fingers are.
  for (const e of document.querySelectorAll("button, .button, .menu a, .top a, summary, input:not([type=hidden]), select, .choice label")) {
    const box = e.getBoundingClientRect();
    if (seen(e) && !e.closest(".choice input") && e.type !== "radio" && e.type !== "checkbox" && (box.height < 43.5 || box.width < 43.5))
      wrong.push("small: " + where(e) + " " + Math.round(box.width) + "x" + Math.round(box.height));
  }

  // Contrast of each text with the ground that is painted behind it.
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (e) => {
    const layers = [];
    for (; e; e = e.parentElement) {
      const colour = rgba(getComputedStyle(e).backgroundColor);
      layers.push(colour);
      if (colour[3] === 1) break;
    }
    return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255, 1]);
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const told = new Set();
  while (texts.nextNode()) {
    const e = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !seen(e) || e.closest(".unseen, .skip, script, noscript, option")) continue;
    const style = getComputedStyle(e), size = parseFloat(style.fontSize);
    const behind = ground(e);
    const [a, b] = [light(over(rgba(style.color), behind)), light(behind)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    const line = "contrast " + ratio.toFixed(2) + ": " + where(e);
    if (ratio < least && !told.has(line)) { told.add(line); wrong.push(line); }
  }
  if (document.documentElement.scrollWidth > innerWidth) wrong.push("scrolls sideways: " + document.documentElement.scrollWidth + " of " + innerWidth);
  return wrong;
})()
