// What watch-button.js leaves in the page.

declare var watchedButton: { definedMs: number; drawnMs: number; button: string } | undefined;
