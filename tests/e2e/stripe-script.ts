/**
 * Stands for Stripe's script, which comes from Stripe alone: what pages use of it, with the checks that the real one makes.
 * Runs in the browser. Its frame holds a choice in place of a card number: the names of test cards.
 */
export const STRIPE_SCRIPT = `
window.Stripe = Object.assign((key) => {
  const told = (window.told ??= []);
  told.push({ call: 'Stripe', key });
  return {
    _registerWrapper() {},
    elements(options) {
      if ('paymentMethodTypes' in options) throw new Error('IntegrationError: paymentMethodTypes');
      told.push({ call: 'elements', options });
      let submitted = false;
      let frame;
      const listeners = {};
      return {
        create(kind) {
          return {
            on(name, listener) { listeners[name] = listener; return this; },
            mount(place) {
              frame = document.createElement('iframe');
              frame.src = 'https://js.stripe.com/frame';
              frame.title = 'Secure payment input frame';
              frame.onload = () => listeners.ready?.({ elementType: kind });
              place.append(frame);
              window.addEventListener('message', ({ origin, data }) => {
                if (origin === 'https://js.stripe.com') frame.dataset.card = data;
              });
            },
            destroy() { frame?.remove(); },
          };
        },
        async submit() {
          told.push({ call: 'submit', inClick: navigator.userActivation.isActive });
          if (!frame.dataset.card) return { error: { message: 'Your card number is incomplete.' } };
          submitted = true;
          return { selectedPaymentMethod: 'card' };
        },
        token() {
          if (!submitted) throw new Error('IntegrationError: submit() comes first');
          return 'ctoken_' + frame.dataset.card;
        },
      };
    },
    async createConfirmationToken({ elements, params }) {
      told.push({ call: 'createConfirmationToken', params });
      return { confirmationToken: { id: elements.token() } };
    },
    handleNextAction({ clientSecret }) {
      const [id] = clientSecret.split('_secret_');
      told.push({ call: 'handleNextAction' });
      const dialog = document.createElement('dialog');
      dialog.setAttribute('aria-label', 'Bank');
      return new Promise((resolve, reject) => {
        for (const approve of ['yes', 'no']) {
          const button = document.createElement('button');
          button.textContent = approve === 'yes' ? 'Approve' : 'Refuse';
          button.onclick = () => {
            dialog.remove();
            fetch('https://api.stripe.com/authenticate/' + id + '?approve=' + approve)
              .then((response) => response.text())
              .then((status) => resolve(approve === 'yes' ? { paymentIntent: { id, status } }
                : { error: { code: 'payment_intent_authentication_failure', message: 'We are unable to authenticate your payment method.' } }))
              .catch(reject);
          };
          dialog.append(button);
        }
        const close = document.createElement('button');
        close.textContent = 'Close';
        close.onclick = () => { dialog.remove(); resolve({ error: { message: 'The window was closed.' } }); };
        dialog.append(close);
        document.body.append(dialog);
        dialog.showModal();
      });
    },
  };
}, { version: 'endive' });
`;

/** In the frame: the cards, each of which tells the page above that it is complete. */
export const STRIPE_FRAME = `<!doctype html><title>Card</title><fieldset><legend>Card</legend>
  ${['visa', 'authenticationRequired', 'chargeDeclinedInsufficientFunds', 'unheardOf']
    .map((card) => `<label><input type="radio" name="card" value="${card}"> ${card}</label>`)
    .join('')}</fieldset>
  <script>addEventListener('change', ({ target }) => parent.postMessage(target.value, '*'))</script>`;
