-- By the replay the shipped rule costs no more than a tenth above the textbook, as it
-- is or raised until it serves as much. Of few series neither is known.

with

replayed as (

    select
        max(case when policy = 'shipped' then total_cost end) as shipped_cost,
        max(case when policy = 'shipped' then fill_rate end) as shipped_fill_rate,
        max(case when policy = 'textbook' then total_cost end) as textbook_cost,
        max(case when policy = 'textbook' then fill_rate end) as textbook_fill_rate,
        max(case when policy = 'textbook_raised' then total_cost end) as raised_cost,
        max(case when policy = 'textbook_raised' then fill_rate end)
            as raised_fill_rate,
        max(case when policy = 'shipped' then n end) as series_count
    from {{ ref('fct_policy_backtests') }}
    where segment = 'all' and model = 'champion'

)

select * from replayed
where
    series_count >= 20
    and shipped_cost > 1.1 * least(textbook_cost, raised_cost)
