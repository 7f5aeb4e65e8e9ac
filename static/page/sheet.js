// The side panel: over the page where there is little room, beside it where there is enough.

/** From here on page and panel are used together. */
const ROOM_FOR_BOTH = '(min-width: 64rem)';

/**
 * @param {object} elements
 * @param {HTMLDialogElement} elements.sheet
 * @param {HTMLButtonElement} elements.open
 * @param {HTMLElement[]} elements.closers
 * @param {{opened?: () => void, closed?: () => void}} [on]
 */
export function createSheet({ sheet, open: opener, closers }, on = {}) {
  const room = matchMedia(ROOM_FOR_BOTH);

  function show() {
    if (room.matches) sheet.show();
    else sheet.showModal();
  }

  function open() {
    if (sheet.open) return;
    for (const other of document.querySelectorAll('dialog.sheet')) {
      if (other instanceof HTMLDialogElement) other.close(); // there is room for one
    }
    show();
    opener.setAttribute('aria-expanded', 'true');
    on.opened?.();
  }

  function close() {
    const hadFocus = sheet.contains(document.activeElement);
    sheet.close();
    if (hadFocus) opener.focus();
  }

  opener.addEventListener('click', () => (sheet.open ? close() : open()));
  for (const button of closers) button.addEventListener('click', close);
  sheet.addEventListener('close', () => {
    if (sheet.open) return; // it only moved
    opener.setAttribute('aria-expanded', 'false');
    if (document.activeElement === document.body) opener.focus();
    on.closed?.();
  });
  // A press beside a modal sheet lands on the dialog element itself: its content covers all the rest of it.
  sheet.addEventListener('click', (event) => event.target === sheet && sheet.close());
  // A modal dialog knows Escape by itself.
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    if (sheet.open && !document.querySelector('dialog:modal')) close();
  });
  room.addEventListener('change', () => {
    if (!sheet.open) return;
    const focused = document.activeElement;
    sheet.close();
    show();
    if (focused instanceof HTMLElement && sheet.contains(focused)) focused.focus();
  });

  return { open };
}
