-- Ranks run from 1 to the number of orders without a gap: a list cut at any rank is
-- the best list of that length.

with

orders as (

    select
        count(*) filter (where order_qty_units > 0) as order_count,
        count(priority_rank) as rank_count,
        count(distinct priority_rank) as distinct_count,
        coalesce(max(priority_rank), 0) as last_rank
    from {{ ref('fct_reorder_recommendations') }}

)

select * from orders
where
    order_count <> rank_count
    or order_count <> distinct_count
    or order_count <> last_rank
