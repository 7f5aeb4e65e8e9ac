// The orb: its light is the agent's level, the ring around it shows both voices over the last second.
// Everything here moves by real levels only, as often as they come; in silence nothing is painted.

import { mediaQuery, onResize } from './measures.js';

const TICKS_PER_SIDE = 20;
const REST_PX = 3; // length of a tick in silence
const REACH = 0.105; // longest tick, as a part of the canvas width

/** Levels are told only when they change; until the ring has caught up with them, it moves on by itself at this pace. */
const STEP_MS = 80;

/** Of the visitor, to which the colours answer. */
const WISHES = [
  '(prefers-color-scheme: dark)',
  '(forced-colors: active)',
  '(prefers-contrast: more)',
];

const STILL = '(prefers-reduced-motion: reduce)';

/**
 * @param {{orb: HTMLElement, ring: HTMLCanvasElement, rest: Element}} elements   `rest`: the ring's look until now
 * @param {{themed?: HTMLElement, signal?: AbortSignal}} [surroundings]   `themed`: its `data-theme` changes colours;
 *   `signal`: the orb is gone
 */
export function createVisualiser(
  { orb, ring, rest },
  { themed = document.documentElement, signal } = {},
) {
  const voices = {
    user: new LevelHistory(TICKS_PER_SIDE),
    agent: new LevelHistory(TICKS_PER_SIDE),
  };
  const ticks = ringTicks(TICKS_PER_SIDE);
  const still = mediaQuery(STILL);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let stepping;
  // Asked for, either would have the browser style and lay out the page at once, and with each level.
  let width = 0;
  /** @type {ReturnType<typeof coloursOf> | null} */
  let colours = null;

  /** @param {import('./ui-types.js').Levels} levels */
  function step({ microphone, agent }) {
    voices.user.push(microphone);
    voices.agent.push(agent);
    paint();
    clearTimeout(stepping);
    if (voices.user.isSteady() && voices.agent.isSteady())
      colours = null; // the page around an element may change them
    else stepping = setTimeout(step, STEP_MS, { microphone, agent });
  }

  function paint() {
    const context = width > 0 && ring.getContext('2d');
    if (!context) return;
    colours ??= coloursOf(ring);
    fitToScreen(ring, width);
    const scale = ring.width / width;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, width);
    context.lineCap = 'round';
    context.lineWidth = Math.max(2, width / 130);
    const isStill = still?.matches ?? false; // asking takes longer than a tick's drawing
    const paths = { user: new Path2D(), agent: new Path2D(), rest: new Path2D() };
    for (const { voice, age, angle } of ticks) {
      const level = tickLevel(voices[voice], age, isStill);
      const path = paths[level > 0.01 ? voice : 'rest'];
      addTick(path, angle, width, REST_PX + level * REACH * width);
    }
    for (const kind of /** @type {const} */ (['rest', 'user', 'agent'])) {
      context.strokeStyle = colours[kind];
      context.stroke(paths[kind]);
    }
  }

  function recolour() {
    colours = null;
    paint();
  }

  onResize(ring, (contentRect) => {
    width = contentRect.width;
    paint();
    rest.remove();
  });
  for (const wish of WISHES) mediaQuery(wish)?.addEventListener('change', recolour, { signal });
  const theme = { attributes: true, attributeFilter: ['data-theme'] };
  new MutationObserver(recolour).observe(themed, theme);

  return {
    /** @param {import('./ui-types.js').Levels} levels */
    show(levels) {
      setLevel(orb, '--user-level', levels.microphone);
      setLevel(orb, '--agent-level', levels.agent);
      step(levels);
    },
    /** Back to rest: nobody speaks. */
    clear() {
      clearTimeout(stepping);
      voices.user.clear();
      voices.agent.clear();
      setLevel(orb, '--user-level', 0);
      setLevel(orb, '--agent-level', 0);
      recolour();
    },
  };
}

/** Sets a custom property only when it changes visibly, so that silence costs no style work. @param {HTMLElement} element @param {string} name @param {number} level */
function setLevel(element, name, level) {
  const value = level.toFixed(2);
  if (element.style.getPropertyValue(name) !== value) element.style.setProperty(name, value);
}

/** @param {HTMLCanvasElement} canvas @param {number} cssWidth */
function fitToScreen(canvas, cssWidth) {
  const pixels = Math.round(cssWidth * Math.min(devicePixelRatio, 3));
  if (canvas.width !== pixels) canvas.width = canvas.height = pixels;
}

/** The colours come from the style sheet, so themes and forced colours hold here too. @param {HTMLElement} element */
function coloursOf(element) {
  const style = getComputedStyle(element);
  return { user: style.outlineColor, agent: style.borderTopColor, rest: style.color };
}

/** @param {Path2D} path @param {number} angle @param {number} width @param {number} length */
function addTick(path, angle, width, length) {
  const inner = width * 0.385;
  const [x, y] = [Math.cos(angle), Math.sin(angle)];
  const centre = width / 2;
  path.moveTo(centre + x * inner, centre + y * inner);
  path.lineTo(centre + x * (inner + length), centre + y * (inner + length));
}

// The recent past of one voice's level, and how it lies on the ring. Pure; no drawing.

/** A ring buffer of levels, newest first. */
export class LevelHistory {
  /** @param {number} size */
  constructor(size) {
    this.size = size;
    this.#levels = new Float32Array(size);
  }

  /** @type {Float32Array} */ #levels;
  #head = 0;

  /** @param {number} level  0..1; anything else is clamped, a non-number counts as silence */
  push(level) {
    this.#head = (this.#head + this.size - 1) % this.size;
    this.#levels[this.#head] = level > 0 ? Math.min(level, 1) : 0;
  }

  /** @param {number} age  0 = newest */
  at(age) {
    return this.#levels[(this.#head + age) % this.size];
  }

  clear() {
    this.#levels.fill(0);
  }

  isSilent() {
    return this.#levels.every((level) => level === 0);
  }

  /** Whether nothing moves: all of the past is as loud as now. */
  isSteady() {
    return this.#levels.every((level) => level === this.#levels[0]);
  }
}

/**
 * Where the ticks of the ring stand. A voice enters at one pole and runs up (or down) both sides, so each age has a
 * mirrored pair of ticks; the two voices meet at the sides.
 *
 * @param {number} perSide   ticks of one voice on one side
 * @returns {{voice: 'user' | 'agent', age: number, angle: number}[]}  angle in radians, 0 = right, clockwise
 */
export function ringTicks(perSide) {
  const step = Math.PI / (2 * perSide);
  return Array.from({ length: perSide }, (_, age) => age).flatMap((age) =>
    [-1, 1].flatMap((side) => [
      { voice: /** @type {const} */ ('user'), age, angle: Math.PI / 2 + side * step * (age + 0.5) },
      {
        voice: /** @type {const} */ ('agent'),
        age,
        angle: -Math.PI / 2 + side * step * (age + 0.5),
      },
    ]),
  );
}

/**
 * The level a tick shows. Older sound fades toward the sides. Without motion nothing travels: the ring is a gauge
 * that fills from the pole as far as the present level reaches.
 *
 * @param {LevelHistory} history
 * @param {number} age
 * @param {boolean} still   the visitor asked for reduced motion
 */
export function tickLevel(history, age, still) {
  if (still) return history.at(0) * history.size > age + 0.5 ? 0.6 : 0;
  return history.at(age) * (1 - (0.75 * age) / history.size);
}
