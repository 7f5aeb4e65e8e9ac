// What the drivers put into the page, beside what ../browser/globals.d.ts names.
declare var complaints: string[];
