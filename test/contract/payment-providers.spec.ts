import { paymentProviderContract } from './payment-provider.suite.js';
import { razorpayHarness, stripeHarness } from './simulated-providers.js';

paymentProviderContract('Stripe, shared payment tokens', stripeHarness());
paymentProviderContract('Razorpay, proofs of payment', razorpayHarness('razorpay_payment'));
paymentProviderContract('Razorpay, saved tokens', razorpayHarness('razorpay_token'));
