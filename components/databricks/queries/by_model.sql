-- Calls, tokens and cost by model
-- Columns: model, requests, percent, input_tokens, output_tokens, usd
SELECT
  coalesce(model, 'no answer') AS model,
  count(*) AS requests,
  round(100.0 * count(*) / sum(count(*)) OVER (), 1) AS percent,
  sum(input_tokens) AS input_tokens,
  sum(output_tokens) AS output_tokens,
  round(sum(usd), 6) AS usd
FROM calls
GROUP BY coalesce(model, 'no answer')
ORDER BY requests DESC, model
