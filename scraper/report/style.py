"""How a report looks: on a wide screen, on a phone, in the dark and on paper."""

STYLE = """
:root { color-scheme: light dark;
  --back: #fff; --text: #1b1f24; --dim: #5b6570; --line: #d9dee4; --soft: #f4f6f8;
  --done: #2f7d5b; --failed: #c43d3d; --items: #3c6fb4;
  --signed: #7a4fb5; --out: #d97a1d; --paused: #98811a; }
@media screen and (prefers-color-scheme: dark) { :root {
  --back: #14181d; --text: #e4e8ec; --dim: #98a3af; --line: #313943; --soft: #1d232a;
  --done: #55b58a; --failed: #ec6f6f; --items: #75a6e8;
  --signed: #b391ea; --out: #f0a050; --paused: #d6bf55; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 70rem; background: var(--back); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; margin: .5rem 0 0; } h2 { font-size: 1.15rem; margin: 0 0 .5rem; }
h3 { font-size: 1rem; margin: 1rem 0 .25rem; } p { margin: .25rem 0; }
section { border-top: 1px solid var(--line); padding: 1rem 0; }
.dim, figcaption, .scale, th { color: var(--dim); }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); gap: .5rem;
  margin: 1rem 0; padding: 0; list-style: none; }
.tiles li { background: var(--soft); border-radius: .4rem; padding: .5rem .75rem; }
.tiles b { display: block; font-size: 1.3rem; font-variant-numeric: tabular-nums; }
.bad b, .bad { color: var(--failed); }
code, pre { font: .86em/1.45 ui-monospace, monospace; }
pre { background: var(--soft); padding: .75rem; border-radius: .4rem; overflow: auto; max-height: 30rem;
  white-space: pre-wrap; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0;
  border-bottom: 1px solid var(--line); }
td { overflow-wrap: break-word; } th { font-weight: 500; white-space: nowrap; }
td code { display: inline-block; min-width: 11rem; overflow-wrap: anywhere; }
.short { white-space: nowrap; } .wide + h3 { margin-top: 1.25rem; }
figure { margin: .5rem 0 1rem; }
figure svg { width: 100%; height: 8rem; display: block; background: var(--soft); }
.scale { display: flex; justify-content: space-between; gap: 1rem; font-size: .85rem; }
.share { width: 6rem; height: .7rem; background: var(--soft); }
.done { fill: var(--done); } .failed { fill: var(--failed); } .items { fill: var(--items); }
line { vector-effect: non-scaling-stroke; stroke-width: 2; stroke: var(--dim); }
.cut { stroke-dasharray: 4 4; } .restored, .renewed { stroke-dasharray: 6 3; }
.signed_in, .restored, .renewed { stroke: var(--signed); }
.signed_out { stroke: var(--out); } .paused { stroke: var(--paused); }
.key { display: inline-flex; align-items: center; gap: .35rem; margin-right: 1rem; }
.key svg { width: .8rem; height: .8rem; }
details { margin: .35rem 0; } summary { cursor: pointer; }
@media print { body { max-width: none; padding: 0; font-size: 11px; } section { break-inside: avoid-page; }
  pre { max-height: none; } .wide { overflow: visible; } }
"""
