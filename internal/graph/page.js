"use strict";
const all = (selector, from = document) => [...from.querySelectorAll(selector)];
const show = (element) => {
  const details = element.closest("details");
  if (details) details.open = true;
  element.scrollIntoView({ block: "center", inline: "center" });
};

// cycle goes through elements, from the start again after the last.
const cycle = () => {
  let at = -1;
  return (elements) => {
    if (elements.length === 0) return;
    at = (at + 1) % elements.length;
    all(".here").forEach((e) => e.classList.remove("here"));
    elements[at].classList.add("here");
    show(elements[at]);
  };
};

// Zoom.
let zoom = 1;
const scale = (factor) => {
  zoom = Math.min(4, Math.max(0.1, zoom * factor));
  for (const svg of all("main svg")) {
    svg.setAttribute("width", svg.viewBox.baseVal.width * zoom);
    svg.setAttribute("height", svg.viewBox.baseVal.height * zoom);
  }
};
document.getElementById("in").onclick = () => scale(1.25);
document.getElementById("out").onclick = () => scale(0.8);

// Findings.
const finding = cycle();
const nextFinding = () => finding(all(".insn.stateful"));
document.getElementById("next").onclick = nextFinding;

// Search.
const find = document.getElementById("find");
let hit = cycle();
find.oninput = () => {
  const wanted = find.value.trim().toLowerCase();
  let hits = 0;
  for (const e of all(".insn, aside li")) {
    const text = e.querySelector(".code, code").textContent.toLowerCase();
    hits += e.classList.toggle("hit", wanted !== "" && text.includes(wanted)) ? 1 : 0;
  }
  document.getElementById("count").value = wanted === "" ? "" : hits;
  hit = cycle();
};
find.onkeydown = (event) => {
  if (event.key === "Enter") hit(all(".hit"));
};

document.onkeydown = (event) => {
  if (event.target === find || event.ctrlKey || event.metaKey || event.altKey) return;
  ({ "+": () => scale(1.25), "-": () => scale(0.8), n: nextFinding }[event.key] ?? (() => {}))();
};

// A source line and its instructions show each other.
const pick = (source) => {
  all(".picked").forEach((e) => e.classList.remove("picked"));
  const line = document.getElementById(source);
  const instructions = all(`[data-source="${source}"]`);
  [line, ...instructions].forEach((e) => e.classList.add("picked"));
  return { line, instructions };
};
for (const instruction of all("[data-source]")) {
  instruction.onclick = () => pick(instruction.dataset.source).line.scrollIntoView({ block: "nearest" });
}
for (const line of all("aside li")) {
  line.onclick = () => show(pick(line.id).instructions[0]);
  line.onkeydown = (event) => {
    if (event.key === "Enter") line.onclick();
  };
}
