import { shape } from './params.js';

/**
 * Parameters the real endpoints know (docs.stripe.com/api/payment_intents). Those without a meaning here are accepted
 * and ignored; anything else is refused as unknown.
 */
const threeDSecure = shape(
  'ares_trans_status cryptogram electronic_commerce_indicator exemption_indicator requestor_challenge_indicator transaction_id version',
  { network_options: 'anything' },
);

export const cardData = shape('token number cvc exp_month exp_year', { networks: 'anything' });

const paymentMethodData = shape('type allow_redisplay', {
  shared_payment_granted_token: 'preview',
  card: cardData,
  billing_details: 'anything',
  metadata: 'anything',
  radar_options: 'anything',
});

const paymentMethodOptions = {
  card: shape(
    'capture_method cvc_token moto network request_extended_authorization request_incremental_authorization request_multicapture request_overcapture request_three_d_secure require_cvc_recollection setup_future_usage statement_descriptor_suffix_kana statement_descriptor_suffix_kanji',
    { three_d_secure: threeDSecure, installments: 'anything', mandate_options: 'anything' },
  ),
};

const instrument = {
  payment_method: 'value',
  payment_method_data: paymentMethodData,
  payment_method_options: paymentMethodOptions,
  // Where the token stood before it moved into payment_method_data; still accepted.
  shared_payment_granted_token: 'preview',
} as const;

const common = {
  allowed_payment_method_types: 'anything',
  amount_details: 'anything',
  excluded_payment_method_types: 'anything',
  expand: 'anything',
  hooks: 'anything',
  metadata: 'anything',
  payment_details: 'anything',
  radar_options: 'anything',
  shipping: 'anything',
  transfer_data: 'anything',
  mandate_data: 'anything',
} as const;

export const createIntent = shape(
  'amount application_fee_amount capture_method confirm confirmation_method confirmation_token currency customer customer_account description error_on_requires_action mandate off_session on_behalf_of payment_method_configuration receipt_email return_url setup_future_usage statement_descriptor statement_descriptor_suffix transfer_group use_stripe_sdk',
  {
    ...common,
    ...instrument,
    automatic_payment_methods: shape('enabled allow_redirects'),
    payment_method_types: 'anything',
  },
);

export const updateIntent = shape(
  'amount application_fee_amount capture_method currency customer customer_account description payment_method_configuration receipt_email setup_future_usage statement_descriptor statement_descriptor_suffix transfer_group',
  { ...common, ...instrument, payment_method_types: 'anything' },
);

export const confirmIntent = shape(
  'amount_to_confirm capture_method confirmation_token error_on_requires_action mandate off_session receipt_email return_url setup_future_usage use_stripe_sdk',
  { ...common, ...instrument, payment_method_types: 'anything' },
);

export const captureIntent = shape(
  'amount_to_capture application_fee_amount final_capture statement_descriptor statement_descriptor_suffix',
  common,
);

export const cancelIntent = shape('cancellation_reason', { expand: 'anything' });

export const retrieve = { expand: 'anything' } as const;

export const list = shape('customer ending_before limit starting_after', {
  created: 'anything',
  expand: 'anything',
});
