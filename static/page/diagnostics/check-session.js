// The session that the checks open. Pure.

/**
 * As the operator configured it, so that its settings are tried too, but without a greeting: here the visitor speaks
 * first. Of a stored agent there is only its id, and that must be sent alone.
 *
 * @param {{[name: string]: unknown}} session
 */
export function silentSession({ greeting: _, ...session }) {
  return session;
}
