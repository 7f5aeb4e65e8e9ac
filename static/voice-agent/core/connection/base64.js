// Base64 both ways, by the browser's own code where it has it (measured: 5-20 times cheaper). Pure.

/** String.fromCharCode takes a limited number of arguments; this many are safe everywhere. */
const SLICE = 8_192;

/** @param {Uint8Array} bytes @returns {string} */
export function toBase64(bytes) {
  const native = /** @type {{toBase64?: () => string}} */ (bytes);
  if (native.toBase64) return native.toBase64();
  let binary = '';
  for (let at = 0; at < bytes.length; at += SLICE) {
    binary += String.fromCharCode(...bytes.subarray(at, at + SLICE));
  }
  return btoa(binary);
}

/**
 * @param {string} text
 * @returns {Uint8Array<ArrayBuffer> | null} null when it is not base64: the frame is dropped, the call goes on
 */
export function fromBase64(text) {
  const native = /** @type {{fromBase64?: (text: string) => Uint8Array<ArrayBuffer>}} */ (
    /** @type {unknown} */ (Uint8Array)
  );
  try {
    if (native.fromBase64) return native.fromBase64(text);
    const binary = atob(text);
    const bytes = new Uint8Array(binary.length);
    for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at);
    return bytes;
  } catch {
    return null;
  }
}
