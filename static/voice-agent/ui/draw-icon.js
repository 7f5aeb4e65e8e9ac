// Icons are paths of lines on a square of 24, "solid" ones filled; a sprite of another origin could not be used. The store
// is JSON, as the service draws them too (app/web/markup.py).

import icons from './icons.json' with { type: 'json' };

const SVG = 'http://www.w3.org/2000/svg';

/** @type {Record<string, string | string[]>} */
export const ICONS = icons;

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
