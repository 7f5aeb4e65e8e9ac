// What the audio thread loads: both ends of a call as one module, because they share the most of what they import.

import './capture.worklet.js';
import './playback.worklet.js';
