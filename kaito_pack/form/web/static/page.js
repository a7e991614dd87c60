// The page: what a person has said is the state; the server says what to show of it; the address keeps it.
import { $, h, marked, set, text } from './dom.js'
import * as fields from './fields.js'
import * as output from './output.js'
import { packed, unpacked } from './link.js'
import { words } from './words.js'

const DELAY = 120 // ms after the last key
const UNREADABLE = 400
const empty = () => ({ start: {}, mode: null, answers: {}, target: {}, kept: '' })

let state = empty()
let view = null
let turn = 0
let timer = 0
let isGone = false // the server
let edited = '' // the field of the newest history entry: typing on in it makes no other one

async function ask(path, body, type = 'application/json') {
  const options = body && { method: 'POST', headers: { 'Content-Type': type }, body }
  const answer = await fetch(path, options).catch(() => {
    isGone = true
    throw new Error(words.gone(location.port))
  })
  isGone = false
  const said = await answer.json()
  if (!answer.ok) throw new Error(said.error, { cause: answer.status })
  return said
}

// Ask for the view of the state and show it, and `said` above it; an answer that a newer question has overtaken
// is dropped. Gives what went wrong.
async function refresh({ isForced = false, entry = null, said = '' } = {}) {
  const mine = ++turn
  busy(true)
  try {
    const found = await ask('view', JSON.stringify(state))
    if (mine !== turn) return
    view = found
    refuse(said)
    show(isForced)
    if (entry !== null && view.isShareable) remember(entry)
  } catch (error) {
    if (mine !== turn) return
    refuse(error.message)
    return error
  } finally {
    if (mine === turn) busy(false)
  }
}

const busy = is => set($('result'), { 'aria-busy': String(is) })

function show(isForced) {
  text($('provider'), view.head.provider)
  text($('source'), view.head.source)
  showExamples()
  showAsking()
  showModes()
  fields.show('start', view.start, [$('start')], state.start, view.problems, isForced)
  fields.show('answers', view.questions, [$('answers'), $('more')], state.answers, view.problems, isForced)
  fields.show('target', view.target, [$('target')], state.target, view.problems, isForced)
  const { parallel } = view
  const numbers = view.questions.find(one => one.name === parallel?.question)
  const all = numbers ? Array.from({ length: numbers.maximum }, (_, index) => index + 1) : []
  const odd = parallel?.counts ? all.filter(count => !parallel.counts.includes(count)).map(String) : []
  fields.live(`answers/${parallel?.question}`, parallel ? words.parallel(parallel.size) : '', odd)
  $('facts').hidden = !view.model.length
  $('facts').replaceChildren(...view.model.map(one => h('div', { title: one.help }, h('dt', {}, one.title), h('dd', {}, one.text))))
  $('values-card').hidden = !view.mode
  const more = view.questions.filter(one => one.isMore && one.value !== null).length
  $('set').hidden = !more
  text($('set'), words.set(more))
  output.memory(view.memory)
  output.status(view)
  $('manifest').hidden = !view.manifest
  $('none-yet').hidden = !!view.manifest
  output.code($('manifest'), view.manifest, view.problems, 'manifestLine')
  output.code($('values'), view.values, view.problems.filter(one => !one.isOpen), 'line')
  for (const list of ['problems', 'reasons']) output.problemList($(list), view.problems)
  for (const kind of ['manifest', 'values']) {
    text($(`${kind}-name`), view[kind] ? fileName(kind) : '')
    for (const button of document.querySelectorAll(`[data-copy=${kind}], [data-download=${kind}]`)) button.disabled = !view[kind]
  }
}

function showExamples() {
  $('examples').hidden = !view.examples.length
  $('example-list').replaceChildren(...view.examples.map((one, index) =>
    h('button', { type: 'button', class: 'quiet example', 'data-example': String(index) },
      h('span', { class: 'value' }, one.title), h('span', { class: 'detail' }, one.detail))))
}

function showAsking() {
  $('ask').hidden = !view.askable
  if (view.askable) text($('ask-text'), words.ask(view.askable))
}

async function askHub(button) {
  button.disabled = true
  try {
    const { remarks } = await ask('hub', JSON.stringify(view.askable))
    await replace(state)
    refuse(remarks.join(' '))
  } catch (error) {
    refuse(error.message)
  } finally {
    button.disabled = false
  }
}

function showModes() {
  const known = JSON.stringify(view.modes)
  const box = $('modes')
  if (box.dataset.known !== known) {
    box.dataset.known = known
    const choices = view.modes.map(mode => h('label', { class: 'choice' },
      h('input', { type: 'radio', name: 'mode', value: mode.name }),
      h('span', { class: 'value' }, mode.title), h('span', { class: 'detail' }, mode.description)))
    box.replaceChildren(box.firstElementChild, ...choices)
  }
  for (const input of box.querySelectorAll('input')) input.checked = input.value === view.mode
  text($('notice'), view.notice)
  $('notice').hidden = !view.notice
}

function refuse(said = '', problems = []) {
  $('refused').hidden = !said
  $('refused').replaceChildren(h('p', {}, said), ...problems.map(one => h('p', {}, words.line(one.line), ' ', h('code', {}, one.path), ' ', ...marked(`${one.message} ${one.fix}`))))
}

function remember(entry) {
  const hash = packed(state)
  if (!hash || hash === location.hash) return
  const isMore = entry && entry === edited
  history[isMore ? 'replaceState' : 'pushState'](null, '', hash)
  edited = entry
}

function change(group, name, said) {
  if (group === 'start' && name === 'modelId') {
    const { suggestions } = view.start[0]
    if (suggestions.includes(said)) state.start = {}
    delete state.answers.modelId
    if (!view.modes.find(mode => mode.name === view.mode)?.takesModel) state.mode = null
  }
  state[group] = { ...state[group], [name]: said }
  busy(true)
  turn += 1 // an answer that is on its way is stale now
  clearTimeout(timer)
  timer = setTimeout(refresh, DELAY, { entry: `${group}/${name}` })
}

// Show a state from elsewhere; one that the server cannot read leaves what was there.
async function replace(next, entry = null) {
  clearTimeout(timer)
  const before = state
  state = next
  edited = ''
  const error = await refresh({ isForced: true, entry })
  if (error?.cause !== UNREADABLE) return
  state = before
  await refresh({ isForced: true, said: error.message })
}

async function openFile(file) {
  if (!file) return
  try {
    const found = await ask('open', await file.arrayBuffer(), 'application/yaml')
    if (found.problems) return refuse(words.refused, found.problems)
    await replace({ ...found.state, target: state.target }, '')
  } catch (error) {
    refuse(error.message)
  }
}

function fileName(kind) {
  return kind === 'values' ? view.file : `workspace-${view.file}`
}

function download(kind) {
  const address = URL.createObjectURL(new Blob([view[kind]], { type: 'application/yaml' }))
  h('a', { href: address, download: fileName(kind) }).click()
  setTimeout(() => URL.revokeObjectURL(address), 1000)
}

async function copy(button, said) {
  await navigator.clipboard.writeText(said)
  answer(button, words.copied)
}

// Say something on a button for a moment.
function answer(button, said) {
  button.dataset.name ??= button.textContent
  text(button, said)
  setTimeout(() => text(button, button.dataset.name), 1500)
}

function copyLink(button) {
  const hash = packed(state)
  if (!view.isShareable) answer(button, words.hasToken)
  else if (!hash) answer(button, words.tooLong)
  else copy(button, location.origin + location.pathname + hash)
}

function choose(tab) {
  for (const one of document.querySelectorAll('[role=tab]')) {
    const isChosen = one === tab
    set(one, { 'aria-selected': String(isChosen), tabindex: isChosen ? null : '-1' })
    $(one.getAttribute('aria-controls')).hidden = !isChosen
  }
}

// The button says what it will do.
function offerTheme(isDark) {
  $('theme').dataset.next = isDark ? 'light' : 'dark'
  text($('theme'), isDark ? words.light : words.dark)
}

function darken(theme) {
  document.documentElement.dataset.theme = theme
  offerTheme(theme === 'dark')
}

document.addEventListener('input', event => {
  if (event.target.name === 'mode') {
    state.mode = event.target.value
    return refresh({ entry: 'mode' })
  }
  const found = fields.said(event.target)
  if (found) change(found.group, found.name, found.text)
})

document.addEventListener('click', event => {
  const button = event.target.closest('button')
  if (!button) return
  const { copy: kind, copyText, download: what, focus, remove, example } = button.dataset
  if (kind) copy(button, view[kind])
  else if (copyText) copy(button, copyText)
  else if (what) download(what)
  else if (remove) change('answers', remove, '')
  else if (example) replace({ ...view.examples[example].state, target: state.target }, '')
  else if (focus) fields.focus(focus)
  else if (button.role === 'tab' || button.getAttribute('role') === 'tab') choose(button)
})

document.querySelector('[role=tablist]').addEventListener('keydown', event => {
  const tabs = [...document.querySelectorAll('[role=tab]')]
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
  if (!step) return
  const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length]
  choose(next)
  next.focus()
})

$('form').addEventListener('submit', event => event.preventDefault())
$('open').addEventListener('click', () => $('file').click())
$('file').addEventListener('change', async event => {
  await openFile(event.target.files[0])
  event.target.value = ''
})
$('link').addEventListener('click', event => copyLink(event.currentTarget))
$('ask-hub').addEventListener('click', event => askHub(event.currentTarget))
$('skip').addEventListener('click', () => $('form').focus())
$('to-result').addEventListener('click', () => {
  $('result').focus()
  $('result').scrollIntoView()
})
$('reset').addEventListener('click', () => replace({ ...empty(), target: state.target }, ''))
$('theme').addEventListener('click', event => darken(event.currentTarget.dataset.next))
// A file is opened wherever it is dropped; a text goes into the field that it is dropped on.
for (const kind of ['dragover', 'drop']) {
  document.addEventListener(kind, event => {
    if (!event.dataTransfer.types.includes('Files')) return
    event.preventDefault()
    if (kind === 'drop') openFile(event.dataTransfer.files[0])
  })
}
// Back from the terminal where the server was started again.
addEventListener('focus', () => { if (isGone) refresh() })
offerTheme(matchMedia('(prefers-color-scheme: dark)').matches)
// An address that holds no state, such as that of a heading, changes nothing.
addEventListener('popstate', () => replace(location.hash ? (unpacked(location.hash) ?? state) : structuredClone(first)))

const first = await ask('first')
state = structuredClone(first)
await replace(unpacked(location.hash) ?? state)
