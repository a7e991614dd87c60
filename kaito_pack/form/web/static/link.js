// The address of a state: base64url of it as JSON, behind #, which no browser sends to a server.
const LONGEST = 30000 // characters

// The fragment that holds a state; empty if it would be too long.
export function packed(state) {
  const bytes = new TextEncoder().encode(JSON.stringify(state))
  const base64 = btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(''))
  const hash = `#${base64.replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')}`
  return hash.length > LONGEST ? '' : hash
}

// The state in a fragment; null if there is none.
export function unpacked(hash) {
  try {
    const binary = atob(hash.slice(1).replace(/-/g, '+').replace(/_/g, '/'))
    const state = JSON.parse(new TextDecoder().decode(Uint8Array.from(binary, one => one.charCodeAt(0))))
    return typeof state === 'object' ? { start: {}, mode: null, answers: {}, target: {}, kept: '', ...state } : null
  } catch {
    return null
  }
}
