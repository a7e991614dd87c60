// Lets the search of the site work from a folder: browsers start no worker from a file, so an iframe runs its script.
// The theme asks for a class of this name.
if (location.protocol === 'file:') {
  window.IFrameWorker = class IFrameWorker extends EventTarget {
    constructor(address) {
      super()
      this.waiting = []
      const frame = document.createElement('iframe')
      frame.hidden = true
      frame.setAttribute('aria-hidden', 'true')
      document.body.append(frame)
      this.inside = frame.contentWindow
      this.inside.postMessage = data => this.dispatchEvent(new MessageEvent('message', { data }))
      this.inside.importScripts = (...scripts) => Promise.all(scripts.map(script => this.load(script)))
      this.load(address).then(() => {
        const waiting = this.waiting
        this.waiting = null
        waiting.forEach(data => this.postMessage(data))
      })
    }

    load(address) {
      return new Promise((resolve, reject) => {
        const script = this.inside.document.createElement('script')
        script.src = new URL(address, document.baseURI)
        script.onload = resolve
        script.onerror = reject
        this.inside.document.body.append(script)
      })
    }

    postMessage(data) {
      if (this.waiting) this.waiting.push(data)
      else this.inside.dispatchEvent(new this.inside.MessageEvent('message', { data }))
    }

    set onmessage(listener) {
      this.addEventListener('message', listener)
    }

    terminate() {
      this.inside.frameElement.remove()
    }
  }
  window.Worker = window.IFrameWorker
}
