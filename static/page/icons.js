// The icons that only pages have: see ../voice-agent/ui/icons.js.

/** @type {Record<string, string | string[]>} */
// prettier-ignore
export const PAGE_ICONS = {
  "mark": ["M3.4 9.75v4.5M7.9 6v12M16.1 6v12M20.6 9.75v4.5", "solid M12 10.05a1.95 1.95 0 1 1 0 3.9a1.95 1.95 0 1 1 0-3.9z"],
  "sliders": "M4 7h9M18 7h2M4 17h2M11 17h9M15.5 4.7a2.3 2.3 0 1 1 0 4.6a2.3 2.3 0 1 1 0-4.6zM8.5 14.7a2.3 2.3 0 1 1 0 4.6a2.3 2.3 0 1 1 0-4.6z",
  "pulse": "M3 12.5h4L9.5 6l5 12.5 2.5-6h4",
  "code": "m8.5 7-5 5 5 5M15.5 7l5 5-5 5",
  "info": "M12 3a9 9 0 1 1 0 18a9 9 0 1 1 0-18zM12 11v5M12 7.7v.1",
  "waiting": "M12 3a9 9 0 1 1 0 18a9 9 0 1 1 0-18z",
  "running": ["M12 3a9 9 0 1 1 0 18a9 9 0 1 1 0-18z", "solid M12 8.4a3.6 3.6 0 1 1 0 7.2a3.6 3.6 0 1 1 0-7.2z"],
  "passed": "M12 3a9 9 0 1 1 0 18a9 9 0 1 1 0-18zM8 12.3l2.8 2.8 5.2-6",
  "attention": "M12 4 2.8 20h18.4zM12 10v4.5M12 17.3v.1",
  "failed": "M8.3 3h7.4L21 8.3v7.4L15.7 21H8.3L3 15.7V8.3zM9 9l6 6M15 9l-6 6",
  "skipped": "M12 3a9 9 0 1 1 0 18a9 9 0 1 1 0-18zM8 12h8"
};
