// A field in, the call of its function out; the function's {data, errorType?, errorMessage?} in, data or a typed error out.
// One file for all fields. Only what APPSYNC_JS knows: no throw, no try, no async, no loops but for-in and for-of.
import { util } from '@aws-appsync/utils';

// `identity` is of the verified token alone; of the headers only the market's goes on.
export function request(ctx) {
  const field = ctx.info.fieldName;
  const { claims, sub, issuer } = ctx.identity ?? {};
  return {
    operation: 'Invoke',
    payload: {
      field,
      now: util.time.nowISO8601(),
      arguments: ctx.args,
      identity: { claims: claims ?? {}, sub: sub ?? null, issuer: issuer ?? null },
      request: { headers: { 'tm-market-id': ctx.request.headers['tm-market-id'] ?? null } },
      info: { fieldName: field, parentTypeName: ctx.info.parentTypeName },
    },
  };
}

// What a function that crashed says of itself is for our logs, not for whoever asked.
export function response(ctx) {
  if (ctx.error || !ctx.result) {
    util.error('Internal Server Error', 'Internal Server Error');
  }
  const { data, errorType, errorMessage } = ctx.result;
  if (errorType) {
    util.error(errorMessage ?? errorType, errorType, data ?? null);
  }
  return data ?? null;
}
