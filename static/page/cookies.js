// Choices that the service must know before it sends the page: as cookies of the page's own path.

const YEAR_SECONDS = 31_536_000;

/**
 * @param {string} root   path that the service is mounted at, with or without a slash at its end
 */
export function createCookies(root) {
  const path = root.replace(/\/+$/, '') || '/';

  return {
    /** @param {string} name @param {string | null} value   a plain word; null forgets it */
    write(name, value) {
      const age = value === null ? 0 : YEAR_SECONDS;
      const secure = location.protocol === 'https:' ? '; Secure' : '';
      document.cookie = `${name}=${value ?? ''}; Path=${path}; Max-Age=${age}; SameSite=Lax${secure}`;
    },
  };
}

/** @typedef {ReturnType<typeof createCookies>} Cookies */
