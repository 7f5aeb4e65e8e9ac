/**
 * What the parts of the diagnostics page hand to each other, as types only; nothing here runs.
 *
 * @typedef {typeof import('../texts/en.json')['diagnostics']} OwnTexts
 * @typedef {OwnTexts & {call: import('../page-types.js').Texts}} DiagnosticsTexts   and the words of the main page
 * @typedef {keyof OwnTexts['checks']} CheckId
 *
 * @typedef {'passed' | 'attention' | 'failed' | 'skipped'} Status
 * @typedef {Status | 'waiting' | 'running'} RowStatus
 *
 * @typedef {{[nameWithUnit: string]: string | number | boolean | null}} Values   null = the browser does not tell
 *
 * @typedef {object} Verdict
 * @property {Status} status
 * @property {string} reason            names the words, and is what the report says
 * @property {Values} [values]          what was measured
 * @property {import('../page-types.js').CallError} [error]   where the main page has words for it, those are used
 * @property {'talk'} [action]          what can be done about it on another page
 *
 * @typedef {object} Question
 * @property {string} text
 * @property {{id: string, label: string}[]} answers   the first is the likely one
 *
 * @typedef {object} Stage   where the visitor is spoken to while a check runs
 * @property {(text: string) => void} say
 * @property {(level: number | null) => void} showLevel   0 to 1; null: no meter is needed any more
 * @property {(who: string, text: string) => void} showWords   the same `who` again replaces
 * @property {(question: Question, signal: AbortSignal) => Promise<string>} ask
 *
 * @typedef {object} Context   what a check is run with
 * @property {import('./platform.js').Platform} platform
 * @property {import('./check-sound.js').Sound} sound      microphone and audio context, shared by neighbours
 * @property {import('./passes.js').Passes} passes   one token at a time, and the line that it opened
 * @property {Stage} stage
 * @property {DiagnosticsTexts} texts
 * @property {AbortSignal} signal                    the visitor stopped the check, left, or it took too long
 *
 * @typedef {object} Check
 * @property {CheckId} id
 * @property {CheckId[]} needs     checks that must not have failed in the same run
 * @property {number} limitMs      how long it may take, the visitor's own time included
 * @property {(context: Context) => Promise<Verdict>} run
 */

export {};
