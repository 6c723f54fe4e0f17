-- Requests, errors and latency by hour
-- Columns: hour, requests, errors, median_ms, slowest_5_percent_ms
SELECT
  date_trunc('HOUR', called_at) AS hour,
  count(*) AS requests,
  count_if(status_code >= 400) AS errors,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms) AS median_ms,
  percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms) AS slowest_5_percent_ms
FROM calls
GROUP BY date_trunc('HOUR', called_at)
ORDER BY hour DESC
