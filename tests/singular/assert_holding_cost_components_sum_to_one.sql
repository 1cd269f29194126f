-- Shares that sum to something else split a cost that was never charged. With --empty
-- seeds have no rows.

with

components as (

    select sum(share_of_rate) as total_share
    from {{ ref('holding_cost_components') }}

)

select * from components
where coalesce(abs(total_share - 1) > 1e-9, {{ not flags.EMPTY }})
