// What install-probe.js puts into the page measured.
declare var benchmarkProbe: import('./install-probe.js').Probe;
