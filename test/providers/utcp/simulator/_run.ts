import { simulate } from '/work/main/test/providers/utcp/simulator/world';
const [from, to] = [Number(process.argv[2]), Number(process.argv[3])];
const start = Date.now(); let bad = 0, d = 0, p = 0, g = 0, r = 0;
for (let s = from; s < to; s++) { try { const x = simulate(s); d += x.delivered; p += x.packets; g += x.gaps; r += x.restarts; } catch (e: any) { bad++; if (bad < 6) console.log(e.message, bad < 2 ? e.cause?.stack : ''); } }
console.log({ bad, d, p, g, r, ms: Date.now() - start });
