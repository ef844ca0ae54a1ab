// Solves the form's challenge while somebody types; without this file the form is sent again after a wait.
(function () {
  "use strict";
  const part = document.querySelector("[data-proof]");
  if (!part || !part.dataset.challenge) { return; }
  const form = part.closest("form");
  const says = part.querySelector("[data-proof-says]");
  const asked = JSON.parse(part.dataset.challenge);
  const SLICE_MS = 12;  // so that typing never waits

  // SHA-256 of our own: that of browsers answers one question at a time, and over HTTPS only.
  const K = new Int32Array(64);
  const START = new Int32Array(8);
  const W = new Int32Array(64);

  function fraction(x) { return (x - Math.floor(x)) * 4294967296 | 0; }

  (function constants() {
    for (let n = 2, found = 0; found < 64; n += 1) {
      let prime = true;
      for (let d = 2; d * d <= n; d += 1) { if (n % d === 0) { prime = false; } }
      if (prime) {
        if (found < 8) { START[found] = fraction(Math.sqrt(n)); }
        K[found] = fraction(Math.cbrt(n));
        found += 1;
      }
    }
  })();

  function turn(x, n) { return (x >>> n) | (x << (32 - n)); }

  function mix(state) {
    for (let i = 16; i < 64; i += 1) {
      const x = W[i - 15];
      const y = W[i - 2];
      W[i] = W[i - 16] + W[i - 7] + (turn(x, 7) ^ turn(x, 18) ^ (x >>> 3)) + (turn(y, 17) ^ turn(y, 19) ^ (y >>> 10));
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i += 1) {
      const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + W[i]) | 0;
      const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0;
    }
    [a, b, c, d, e, f, g, h].forEach(function (value, i) { state[i] += value; });
  }

  function sha256(text) {  // of ASCII
    const state = START.slice();
    const n_words = ((text.length + 8 >> 6) + 1) * 16;
    for (let block = 0; block < n_words; block += 16) {
      W.fill(0, 0, 16);
      for (let i = 0; i < 64; i += 1) {
        const at = block * 4 + i;
        const byte = at < text.length ? text.charCodeAt(at) : at === text.length ? 128 : 0;
        W[i >> 2] |= byte << (24 - 8 * (i & 3));
      }
      if (block + 16 === n_words) { W[15] = text.length * 8; }
      mix(state);
    }
    return state;
  }

  const goal = new Int32Array(8);
  for (let i = 0; i < 8; i += 1) { goal[i] = parseInt(asked.challenge.slice(8 * i, 8 * i + 8), 16) | 0; }

  let number = 0;
  let solved = false;
  let waiting = null;  // what to do once it is solved
  if ("resend" in part.dataset) { hold(null); }

  function hold(button) {
    waiting = function () { form.requestSubmit(button); };
    says.textContent = part.dataset.solving;
    says.hidden = false;
  }

  form.addEventListener("submit", function (event) {
    if (solved) { return; }
    event.preventDefault();
    hold(event.submitter);
  });

  function finish() {
    const answer = { algorithm: asked.algorithm, challenge: asked.challenge, number: number, salt: asked.salt, signature: asked.signature };
    form.elements.proof.value = btoa(JSON.stringify(answer));
    solved = true;
    says.hidden = true;
    if (waiting) { waiting(); }
  }

  function search() {
    const until = performance.now() + SLICE_MS;
    while (performance.now() < until) {
      for (let tries = 0; tries < 50; tries += 1, number += 1) {
        const found = sha256(asked.salt + number);
        if (found.every(function (word, i) { return word === goal[i]; })) { finish(); return; }
      }
    }
    if (number <= asked.maxNumber) { setTimeout(search, 0); } else { solved = true; }
  }

  search();
})();
