// What a page sets of an agent, laid over what its gate says. Pure.

/** @typedef {{voice?: string, system_prompt?: string, greeting?: string}} Overrides */

/**
 * Only what the gate makes editable counts; the gate's own object stays as it was.
 *
 * @param {Pick<import('../../main-thread/gate.js').PublicAgent, 'session' | 'editable'>} agent
 * @param {Overrides} overrides   an empty text leaves the agent without it
 * @returns {{session: import('../../index.js').SessionConfig, refused: string[]}} `refused`: names that did not count
 */
export function sessionFor({ session: configured, editable }, overrides) {
  /** @type {Record<string, any>} */
  const session = { ...configured };
  const refused = [];
  for (const [name, value] of Object.entries(overrides)) {
    if (!editable.includes(name)) refused.push(name);
    else if (name === 'voice')
      session.output = { .../** @type {any} */ (session.output), voice: value };
    else if (value) session[name] = value;
    else delete session[name];
  }
  return { session, refused };
}
