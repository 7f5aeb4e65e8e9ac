// The icons, one store for element and pages: paths of lines on a square of 24; "solid" ones are filled. JSON between the
// braces, as the service reads it too (app/web/markup.py): a sprite of another origin could not be used.

const SVG = 'http://www.w3.org/2000/svg';

/** @type {Record<string, string | string[]>} */
// prettier-ignore
export const ICONS = {
  "mic": "M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3M9 21h6",
  "mic-off": "M9 9v2a3 3 0 0 0 4.6 2.5M15 10.5V6a3 3 0 0 0-5.7-1.3M5.5 11.5a6.5 6.5 0 0 0 10.3 5.3M18.5 11.5a6.4 6.4 0 0 1-.5 2.5M12 18v3M9 21h6M4 4l16 16",
  "end": "solid M3.2 14.2c-.6-1-.4-2.2.4-3C6 9 8.9 8 12 8s6 1 8.4 3.2c.8.8 1 2 .4 3l-.8 1.3c-.4.7-1.2 1-2 .7l-2.3-.8a1.6 1.6 0 0 1-1-1.5v-1.6a9.5 9.5 0 0 0-5.4 0v1.6c0 .7-.4 1.3-1 1.5l-2.3.8c-.8.3-1.6 0-2-.7z",
  "send": "M12 19V5.5M6 11l6-6 6 6",
  "down": "M12 5v13.5M6 13l6 6 6-6",
  "back": "M19 12H5.5M11 6l-6 6 6 6",
  "close": "m6 6 12 12M18 6 6 18",
  "take": "M12 3.5v11M7.5 10.5l4.5 4.5 4.5-4.5M4.5 17v1.5a2 2 0 0 0 2 2h11a2 2 0 0 0 2-2V17",
  "copy": "M10.5 8.5h7a2.5 2.5 0 0 1 2.5 2.5v6.5a2.5 2.5 0 0 1-2.5 2.5h-6.5a2.5 2.5 0 0 1-2.5-2.5v-6.5a2.5 2.5 0 0 1 2.5-2.5zM15.5 8.5v-2A2.5 2.5 0 0 0 13 4H6.5A2.5 2.5 0 0 0 4 6.5V13a2.5 2.5 0 0 0 2.5 2.5h2",
  "down-to": "M12 4v11M7 10.5l5 5 5-5M5 20h14"
};

/**
 * Decorative: the words beside it carry the meaning.
 *
 * @param {string | string[]} paths
 * @param {string} [className]
 */
export function drawIcon(paths, className = '') {
  const image = document.createElementNS(SVG, 'svg');
  image.setAttribute('class', `icon ${className}`.trim());
  image.setAttribute('viewBox', '0 0 24 24');
  image.setAttribute('aria-hidden', 'true');
  image.setAttribute('focusable', 'false');
  for (const line of [paths].flat()) {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('d', line.replace('solid ', ''));
    if (line.startsWith('solid')) path.setAttribute('class', 'icon__solid');
    image.append(path);
  }
  return image;
}
