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
