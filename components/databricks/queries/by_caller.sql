-- Who spent what: calls, tokens and cost by caller
-- Columns: caller, requests, errors, input_tokens, output_tokens, usd
SELECT
  caller,
  count(*) AS requests,
  count_if(status_code >= 400) AS errors,
  sum(input_tokens) AS input_tokens,
  sum(output_tokens) AS output_tokens,
  round(sum(usd), 6) AS usd
FROM calls
GROUP BY caller
ORDER BY usd DESC NULLS LAST, caller
