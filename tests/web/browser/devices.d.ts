// What devices-page.js puts into the page.
declare var sound: import('./devices-page.js').SoundOfCall;
declare var hold: import('./devices-page.js').Hold;
