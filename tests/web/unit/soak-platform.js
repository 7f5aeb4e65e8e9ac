// What every browser of today has and Node does not have yet; without it the soak would be about base64.
// Imported for its effect, before the client.

/** @type {any} */
const prototype = Uint8Array.prototype;

prototype.toBase64 ??= /** @this {Uint8Array} */ function () {
  return Buffer.from(this.buffer, this.byteOffset, this.byteLength).toString('base64');
};

/** @type {any} */ (Uint8Array).fromBase64 ??= (/** @type {string} */ text) =>
  new Uint8Array(Buffer.from(text, 'base64'));
